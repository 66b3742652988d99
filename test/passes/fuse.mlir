// RUN: attn-opt %s --attn-fuse | FileCheck %s
//
// Linear layers become contractions, and what alone uses their results joins the epilogue.

// CHECK-LABEL: func.func @bias_joins
func.func @bias_joins(%x: tensor<?x64xf32>, %w: !nn.weight<96x64>, %b: !nn.weight<96>) -> tensor<?x96xf32> {
  // CHECK: nn.contract %arg0 weights(%arg1 : !nn.weight<96x64>) vectors(%arg2 : !nn.weight<96>) {
  // CHECK-NEXT: ^bb0(%[[ACC:.*]]: f32, %[[BIAS:.*]]: f32):
  // CHECK-NEXT: %[[SUM:.*]] = arith.addf %[[ACC]], %[[BIAS]] : f32
  // CHECK-NEXT: nn.yield %[[SUM]] : f32
  %y = nn.linear %x, %w bias %b : !nn.weight<96> for : tensor<?x64xf32>, !nn.weight<96x64> -> tensor<?x96xf32>
  return %y : tensor<?x96xf32>
}

// CHECK-LABEL: func.func @gate_and_up_in_one
func.func @gate_and_up_in_one(%x: tensor<?x64xf32>, %g: !nn.weight<96x64>, %u: !nn.weight<96x64>) -> tensor<?x96xf32> {
  // CHECK: nn.contract %arg0 weights(%arg1, %arg2 : !nn.weight<96x64>, !nn.weight<96x64>) {
  // CHECK-NEXT: ^bb0(%[[GATE:.*]]: f32, %[[UP:.*]]: f32):
  // CHECK: %[[NEGATED:.*]] = arith.negf %[[GATE]]
  // CHECK: %[[POWER:.*]] = math.exp %[[NEGATED]]
  // CHECK: %[[BELOW:.*]] = arith.addf %{{.*}}, %[[POWER]]
  // CHECK: %[[SILU:.*]] = arith.divf %[[GATE]], %[[BELOW]]
  // CHECK: arith.mulf %[[SILU]], %[[UP]]
  %y = nn.swiglu %x, %g, %u : tensor<?x64xf32>, !nn.weight<96x64> -> tensor<?x96xf32>
  return %y : tensor<?x96xf32>
}

// The residual stands before the bias, the sum keeps the order in which it was written.
// CHECK-LABEL: func.func @activation_and_residual_join
func.func @activation_and_residual_join(%x: tensor<?x64xf32>, %r: tensor<?x64xf32>, %w: !nn.weight<64x64>, %b: !nn.weight<64>) -> tensor<?x64xf32> {
  // CHECK: %[[Y:.*]] = nn.contract %arg0 weights(%arg2 : {{.*}}) extras(%arg1 : tensor<?x64xf32>) vectors(%arg3 : {{.*}}) {
  // CHECK-NEXT: ^bb0(%[[ACC:.*]]: f32, %[[RESIDUAL:.*]]: f32, %[[BIAS:.*]]: f32):
  // CHECK: arith.addf %[[ACC]], %[[BIAS]]
  // CHECK: %[[SILU:.*]] = arith.divf
  // CHECK: %[[SUM:.*]] = arith.addf %[[RESIDUAL]], %[[SILU]]
  // CHECK: nn.yield %[[SUM]]
  %a = nn.linear %x, %w bias %b : !nn.weight<64> for : tensor<?x64xf32>, !nn.weight<64x64> -> tensor<?x64xf32>
  %s = nn.silu %a : tensor<?x64xf32> -> tensor<?x64xf32>
  %y = nn.add %r, %s : tensor<?x64xf32>
  // CHECK-NEXT: } : tensor<?x64xf32> -> tensor<?x64xf32>
  // CHECK-NEXT: return %[[Y]]
  return %y : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @result_used_twice_stays
func.func @result_used_twice_stays(%x: tensor<?x64xf32>, %w: !nn.weight<64x64>) -> tensor<?x64xf32> {
  // CHECK: %[[A:.*]] = nn.contract
  %a = nn.linear %x, %w : tensor<?x64xf32>, !nn.weight<64x64> -> tensor<?x64xf32>
  // CHECK: nn.add %[[A]], %[[A]]
  %y = nn.add %a, %a : tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
