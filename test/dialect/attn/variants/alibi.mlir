// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.alibi prints as it is read.

// CHECK-LABEL: func.func @generated_slopes(
func.func @generated_slopes(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.alibi %[[S]]{{$}}
  %s1 = attn.alibi %s
  return
}

// CHECK-LABEL: func.func @given_slopes(
func.func @given_slopes(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %m: tensor<9xf32>) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.alibi %[[S]] slopes %{{.*}} : tensor<9xf32>
  %s1 = attn.alibi %s slopes %m : tensor<9xf32>
  return
}
