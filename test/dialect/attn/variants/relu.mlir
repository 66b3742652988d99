// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.relu prints as it is read.

// CHECK-LABEL: func.func @power_of_1(
func.func @power_of_1(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %v: tensor<?x?x3x64xf32>) {
  // CHECK: %[[S:.*]] = attn.dot_product
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.relu %[[S]], %{{.*}} : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32>
  %o = attn.relu %s, %v : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32>
  return
}

// CHECK-LABEL: func.func @power_of_2(
func.func @power_of_2(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %v: tensor<?x?x3x64xf32>) {
  // CHECK: %[[S:.*]] = attn.dot_product
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.relu %[[S]], %{{.*}} power 2 : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32>
  %o = attn.relu %s, %v power 2 : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32>
  return
}

// CHECK-LABEL: func.func @example(
func.func @example(%q: tensor<?x?x9x64xbf16>, %k: tensor<?x?x3x64xbf16>, %v: tensor<?x?x3x64xbf16>, %b: f32) {
  %at = attn.padded start bottom_right
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  // CHECK: attn.relu
  %o = attn.relu %s0, %v power 2 in %at : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return
}
