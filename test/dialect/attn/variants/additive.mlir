// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.additive prints as it is read.

// CHECK-LABEL: func.func @weights(
func.func @weights(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %v: tensor<?x?x3x64xf32>, %u: tensor<64xbf16>, %b: f32) {
  // CHECK: attn.additive %{{.*}}, %{{.*}} by %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>, tensor<64xbf16>
  %s = attn.additive %q, %k by %u : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>, tensor<64xbf16>
  // CHECK: attn.additive %{{.*}}, %{{.*}} by %{{.*}} bias %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>, tensor<64xbf16>
  %s1 = attn.additive %q, %k by %u bias %b : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>, tensor<64xbf16>
  return
}

// CHECK-LABEL: func.func @example(
func.func @example(%q: tensor<?x?x4x64xbf16>, %k: tensor<?x?x2x64xbf16>, %u: tensor<64xf32>) {
  // CHECK: attn.additive
  %s0 = attn.additive %q, %k by %u : tensor<?x?x4x64xbf16>, tensor<?x?x2x64xbf16>, tensor<64xf32>
  return
}
