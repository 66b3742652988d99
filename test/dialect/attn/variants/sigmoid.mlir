// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.sigmoid prints as it is read.

// CHECK-LABEL: func.func @bias_of_the_length(
func.func @bias_of_the_length(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %v: tensor<?x?x3x64xf32>) {
  // CHECK: %[[S:.*]] = attn.dot_product
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.sigmoid %[[S]], %{{.*}} : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32>
  %o = attn.sigmoid %s, %v : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32>
  return
}

// CHECK-LABEL: func.func @bias_by_value(
func.func @bias_by_value(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %v: tensor<?x?x3x64xf32>, %b: f32) {
  // CHECK: %[[S:.*]] = attn.dot_product
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %at = attn.padded start top_left
  // CHECK: attn.sigmoid %[[S]], %{{.*}} bias %{{.*}} in %{{.*}} : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32>
  %o = attn.sigmoid %s, %v bias %b in %at : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32>
  return
}

// CHECK-LABEL: func.func @example(
func.func @example(%q: tensor<?x?x9x64xbf16>, %k: tensor<?x?x3x64xbf16>, %v: tensor<?x?x3x64xbf16>, %b: f32) {
  %at = attn.padded start bottom_right
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  // CHECK-COUNT-2: attn.sigmoid
  %o = attn.sigmoid %s0, %v in %at : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  %o1 = attn.sigmoid %s0, %v bias %b in %at : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return
}
