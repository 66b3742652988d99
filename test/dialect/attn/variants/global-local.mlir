// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.global_local prints as it is read.

// CHECK-LABEL: func.func @two_masks(
func.func @two_masks(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %window: i32, %a: tensor<?x?xi1>, %b: tensor<?x?xi1>) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.global_local %[[S]] window %{{.*}} queries %{{.*}} keys %{{.*}} : tensor<?x?xi1>, tensor<?x?xi1>
  %s1 = attn.global_local %s window %window queries %a keys %b : tensor<?x?xi1>, tensor<?x?xi1>
  return
}
