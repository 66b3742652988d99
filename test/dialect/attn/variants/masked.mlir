// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.masked prints as it is read.

// CHECK-LABEL: func.func @by_pair(
func.func @by_pair(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %m: tensor<?x9x?x?xi1>) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.masked %[[S]] by %{{.*}} axes "n h t s" : tensor<?x9x?x?xi1>
  %s1 = attn.masked %s by %m axes "n h t s" : tensor<?x9x?x?xi1>
  return
}

// CHECK-LABEL: func.func @by_key(
func.func @by_key(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %m: tensor<?x?xi1>) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.masked %[[S]] by %{{.*}} axes "n s" : tensor<?x?xi1>
  %s1 = attn.masked %s by %m axes "n s" : tensor<?x?xi1>
  return
}

// CHECK-LABEL: func.func @by_head(
func.func @by_head(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %m: tensor<9xi1>) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.masked %[[S]] by %{{.*}} axes "h" : tensor<9xi1>
  %s1 = attn.masked %s by %m axes "h" : tensor<9xi1>
  return
}
