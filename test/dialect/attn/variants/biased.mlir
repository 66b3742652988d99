// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.biased prints as it is read.

// CHECK-LABEL: func.func @by_pair(
func.func @by_pair(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %m: tensor<9x?x?xbf16>) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.biased %[[S]] by %{{.*}} axes "h t s" : tensor<9x?x?xbf16>
  %s1 = attn.biased %s by %m axes "h t s" : tensor<9x?x?xbf16>
  return
}

// CHECK-LABEL: func.func @by_key(
func.func @by_key(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %m: tensor<?x?xf32>) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.biased %[[S]] by %{{.*}} axes "n s" : tensor<?x?xf32>
  %s1 = attn.biased %s by %m axes "n s" : tensor<?x?xf32>
  return
}
