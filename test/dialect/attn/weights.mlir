// RUN: attn-opt %s | attn-opt | FileCheck %s
// Weights behind an output, and attn.generic that gives them, print as they are read.

// CHECK-LABEL: func.func @weights_of_each_head_and_their_mean
func.func @weights_of_each_head_and_their_mean(%q: tensor<?x?x9x64xbf16>, %k: tensor<?x?x3x64xbf16>, %v: tensor<?x?x3x64xbf16>)
    -> (tensor<?x9x?x?xf32>, tensor<?x?x?xf32>) {
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  // CHECK: %[[O:.*]] = attn.softmax
  %o = attn.softmax %s, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  // CHECK: attn.weights of %[[O]] : tensor<?x?x9x64xbf16> -> tensor<?x9x?x?xf32>
  %a = attn.weights of %o : tensor<?x?x9x64xbf16> -> tensor<?x9x?x?xf32>
  // CHECK: attn.weights mean of %[[O]] : tensor<?x?x9x64xbf16> -> tensor<?x?x?xf32>
  %m = attn.weights mean of %o : tensor<?x?x9x64xbf16> -> tensor<?x?x?xf32>
  return %a, %m : tensor<?x9x?x?xf32>, tensor<?x?x?xf32>
}

// CHECK-LABEL: func.func @weights_in_place_of_the_output
func.func @weights_in_place_of_the_output(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %scale: f32) -> (tensor<2x4x7x5xf32>, tensor<2x7x5xf32>) {
  // CHECK: attn.generic exp sum {{.*}} weights heads -> tensor<2x4x7x5xf32>
  %a = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>)
      scale %scale weights heads -> tensor<2x4x7x5xf32>
  // CHECK: attn.generic linear sum {{.*}} power 2 weights mean -> tensor<2x7x5xf32>
  %m = attn.generic linear sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>)
      scale %scale power 2 weights mean -> tensor<2x7x5xf32>
  return %a, %m : tensor<2x4x7x5xf32>, tensor<2x7x5xf32>
}
