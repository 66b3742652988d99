// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.sink prints as it is read.

// CHECK-LABEL: func.func @one_a_head(
func.func @one_a_head(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %m: tensor<9xf32>) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.sink %[[S]] by %{{.*}} : tensor<9xf32>
  %s1 = attn.sink %s by %m : tensor<9xf32>
  return
}
