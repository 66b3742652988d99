// RUN: attn-opt %s --attn-generalize --split-input-file | FileCheck %s
// Regions of variants written as text become those of the generic form: factors multiply, features follow each other.

// CHECK-NOT: attn.variant
attn.variant @fading factor {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %c: f32):
  attn.yield %c : f32
}
attn.variant @squared features {
^bb0(%x: f32):
  %r = arith.mulf %x, %x : f32
  attn.yield %r : f32
}
attn.variant @distances weights exp sum pair {
^bb0(%a: f32, %b: f32, %feature: i32):
  %d = arith.subf %a, %b : f32
  %r = math.absf %d : f32
  attn.yield %r : f32
}

// CHECK-LABEL: func.func @two_factors(
// CHECK-SAME: %[[C:[a-z0-9]*]]: f32, %[[D:[a-z0-9]*]]: f32)
func.func @two_factors(%q: tensor<2x7x4x16xf32>, %c: f32, %d: f32) -> tensor<2x7x4x16xf32> {
  // CHECK: attn.generic exp sum {{.*}} captures(%[[C]], %[[D]] : f32, f32) factor {
  // CHECK-NEXT: ^bb0(%{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32, %[[X:.*]]: f32, %[[Y:.*]]: f32):
  // CHECK-NEXT: %[[PRODUCT:.*]] = arith.mulf %[[X]], %[[Y]] : f32
  // CHECK-NEXT: attn.yield %[[PRODUCT]] : f32
  %s = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.apply @fading(%c) to %s : f32
  %s2 = attn.apply @fading(%d) to %s1 : f32
  %o = attn.softmax %s2, %q : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// CHECK-LABEL: func.func @features_of_features_in_pairs(
func.func @features_of_features_in_pairs(%q: tensor<2x7x4x16xf32>) -> tensor<2x7x4x16xf32> {
  // CHECK: attn.generic exp sum {{.*}} pair {
  // CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %{{.*}}: i32):
  // CHECK-NEXT: %[[DIFFERENCE:.*]] = arith.subf %[[A]], %[[B]] : f32
  // CHECK: } features {
  // CHECK-NEXT: ^bb0(%[[X:.*]]: f32):
  // CHECK-NEXT: %[[SQUARE:.*]] = arith.mulf %[[X]], %[[X]] : f32
  // CHECK-NEXT: %[[FOURTH:.*]] = arith.mulf %[[SQUARE]], %[[SQUARE]] : f32
  // CHECK-NEXT: attn.yield %[[FOURTH]] : f32
  %s = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.apply @squared() to %s
  %s2 = attn.apply @distances() to %s1
  %s3 = attn.apply @squared() to %s2
  %o = attn.softmax %s3, %q : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}
