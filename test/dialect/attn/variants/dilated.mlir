// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.dilated prints as it is read.

// CHECK-LABEL: func.func @by_a_run_time_value(
func.func @by_a_run_time_value(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %dilation: i32) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.dilated %[[S]] by %{{.*}}{{$}}
  %s1 = attn.dilated %s by %dilation
  return
}
