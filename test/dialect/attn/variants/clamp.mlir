// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.clamp prints as it is read.

// CHECK-LABEL: func.func @at_a_run_time_value(
func.func @at_a_run_time_value(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %bound: f32) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.clamp %[[S]] at %{{.*}}{{$}}
  %s1 = attn.clamp %s at %bound
  return
}
