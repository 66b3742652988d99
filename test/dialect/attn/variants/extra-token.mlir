// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --attn-expand-layers | FileCheck %s --check-prefix=EXPANDED
// attn.extra_token prints as it is read, and leaves nothing of itself behind.

// CHECK-LABEL: func.func @merged_by_log_sum_exps(
// EXPANDED-LABEL: func.func @merged_by_log_sum_exps(
// EXPANDED-NOT: attn.extra_token
func.func @merged_by_log_sum_exps(%q: tensor<?x?x8x64xf32>, %k: tensor<?x?x2x64xf32>, %v: tensor<?x?x2x64xf32>, %n: tensor<?xi32>) -> tensor<?x?x8x64xf32> {
  %seq = attn.padded queries(%n : tensor<?xi32>) keys(%n : tensor<?xi32>) start top_left
  %s0 = attn.dot_product %q, %k : tensor<?x?x8x64xf32>, tensor<?x?x2x64xf32>
  %kx = nn.weight "key" : !nn.weight<2x64>
  %vx = nn.weight "value" : !nn.weight<2x64>
  // CHECK: attn.extra_token %{{.*}}, %{{.*}} key %{{.*}} value %{{.*}} in %{{.*}} : tensor<?x?x2x64xf32>, !nn.weight<2x64>, !nn.weight<2x64> -> tensor<?x?x8x64xf32>
  // EXPANDED: %[[O:.*]], %[[LSE:.*]] = attn.softmax {{.*}} lse tensor<?x?x8xf32>
  // EXPANDED: %[[SCORE:.*]] = nn.generic {{.*}} init 0.000000e+00 : f32
  // EXPANDED: nn.generic ins(%[[LSE]], %[[SCORE]], %[[O]], %{{.*}}, %{{.*}} :
  %o = attn.extra_token %s0, %v key %kx value %vx in %seq : tensor<?x?x2x64xf32>, !nn.weight<2x64>, !nn.weight<2x64> -> tensor<?x?x8x64xf32>
  return %o : tensor<?x?x8x64xf32>
}

// The token's weights are a result of their own, in place of one column more.
// CHECK-LABEL: func.func @weights(
// EXPANDED-LABEL: func.func @weights(
func.func @weights(%q: tensor<?x?x8x64xf32>, %k: tensor<?x?x2x64xf32>) -> (tensor<?x8x?x?xf32>, tensor<?x?x8xf32>) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x8x64xf32>, tensor<?x?x2x64xf32>
  %x = nn.weight "token" : !nn.weight<2x64>
  // CHECK: attn.extra_token {{.*}} -> tensor<?x?x8x64xf32> weights tensor<?x8x?x?xf32> token tensor<?x?x8xf32>
  // EXPANDED: %[[ALONE:.*]] = attn.weights of %{{.*}} : tensor<?x?x8x64xf32> -> tensor<?x8x?x?xf32>
  // EXPANDED: nn.generic ins(%[[ALONE]],
  // EXPANDED: } -> tensor<?x8x?x?xf32>
  // EXPANDED: } -> tensor<?x?x8xf32>
  %o, %a, %ax = attn.extra_token %s0, %k key %x value %x : tensor<?x?x2x64xf32>, !nn.weight<2x64>, !nn.weight<2x64> -> tensor<?x?x8x64xf32> weights tensor<?x8x?x?xf32> token tensor<?x?x8xf32>
  return %a, %ax : tensor<?x8x?x?xf32>, tensor<?x?x8xf32>
}

// Rows past the last offset are of no sequence, and see no token either.
// CHECK-LABEL: func.func @packed_rows(
// EXPANDED-LABEL: func.func @packed_rows(
func.func @packed_rows(%q: tensor<?x8x64xf32>, %v: tensor<?x2x64xf32>, %offsets: tensor<?xi32>) -> (tensor<?x8x64xf32>, tensor<?x8xf32>) {
  %seq = attn.packed %offsets, %offsets : tensor<?xi32>, tensor<?xi32> start top_left
  %s0 = attn.dot_product %q, %v : tensor<?x8x64xf32>, tensor<?x2x64xf32>
  %x = nn.weight "token" : !nn.weight<2x64>
  // CHECK: attn.extra_token %{{.*}}, %{{.*}} key %{{.*}} value %{{.*}} in %{{.*}} : tensor<?x2x64xf32>, !nn.weight<2x64>, !nn.weight<2x64> -> tensor<?x8x64xf32> lse tensor<?x8xf32>
  // EXPANDED: %[[COUNT:.*]] = nn.generic ins(%{{.*}} : tensor<?xi32>) {{.*}} init 0 : i32
  // EXPANDED: -> tensor<1xi32>
  // EXPANDED: nn.generic {{.*}}%[[COUNT]]
  // EXPANDED: -> tensor<?x8xf32>
  // EXPANDED: -> tensor<?x8x64xf32>
  %o, %lse = attn.extra_token %s0, %v key %x value %x in %seq : tensor<?x2x64xf32>, !nn.weight<2x64>, !nn.weight<2x64> -> tensor<?x8x64xf32> lse tensor<?x8xf32>
  return %o, %lse : tensor<?x8x64xf32>, tensor<?x8xf32>
}
