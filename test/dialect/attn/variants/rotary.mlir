// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.rotary prints as it is read.

// CHECK-LABEL: func.func @halves_of_the_whole_width(
func.func @halves_of_the_whole_width(%q: tensor<?x?x9x64xf32>) -> tensor<?x?x9x64xf32> {
  // CHECK: attn.rotary %{{.*}} halves base 1.000000e+04 : tensor<?x?x9x64xf32>
  %r = attn.rotary %q halves base 1.0e4 : tensor<?x?x9x64xf32>
  return %r : tensor<?x?x9x64xf32>
}

// CHECK-LABEL: func.func @pairs_of_a_part_at_positions(
func.func @pairs_of_a_part_at_positions(%q: tensor<?x?x9x64xf32>, %seq: !attn.sequences) -> tensor<?x?x9x64xf32> {
  // CHECK: attn.rotary %{{.*}} at %{{.*}} interleaved base 1.000000e+05 width 32 : tensor<?x?x9x64xf32>
  %r = attn.rotary %q at %seq interleaved base 1.0e5 width 32 : tensor<?x?x9x64xf32>
  return %r : tensor<?x?x9x64xf32>
}
