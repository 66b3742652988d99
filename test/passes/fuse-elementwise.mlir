// RUN: attn-opt %s --attn-fuse | FileCheck %s
//
// Whatever works element by element joins the epilogue of the contraction before it: no op is named.

// CHECK-LABEL: func.func @bias_activation_and_residual
func.func @bias_activation_and_residual(%x: tensor<?x64xf32>, %w: !nn.weight<96x64>, %b: !nn.weight<96>, %g: !nn.weight<96>, %r: tensor<?x96xf32>) -> tensor<?x96xf32> {
  // CHECK: nn.contract %{{.*}} extras(%{{.*}} : tensor<?x96xf32>) vectors(%{{.*}}, %{{.*}} : !nn.weight<96>, !nn.weight<96>) {
  // CHECK-NEXT: ^bb0(%[[SUM:.*]]: f32, %[[RESIDUAL:.*]]: f32, %[[BIAS:.*]]: f32, %[[GAIN:.*]]: f32):
  // CHECK: %[[BIASED:.*]] = arith.addf %[[SUM]], %[[BIAS]] : f32
  // CHECK: %[[ERROR:.*]] = math.erf
  // CHECK: %[[NEARLY:.*]] = arith.addf %{{.*}}, %[[ERROR]] : f32
  // CHECK: %[[ACTIVE:.*]] = arith.mulf %{{.*}}, %[[NEARLY]] : f32
  // CHECK: %[[LARGER:.*]] = arith.mulf %[[ACTIVE]], %[[GAIN]] : f32
  // CHECK: arith.subf %[[RESIDUAL]], %[[LARGER]] : f32
  // CHECK-NOT: nn.gelu
  %0 = nn.linear %x, %w bias %b : !nn.weight<96> for : tensor<?x64xf32>, !nn.weight<96x64> -> tensor<?x96xf32>
  %1 = nn.gelu %0 exact : tensor<?x96xf32> -> tensor<?x96xf32>
  %2 = nn.mul_vector %1, %g : tensor<?x96xf32>, !nn.weight<96>
  %3 = nn.sub %r, %2 : tensor<?x96xf32>
  return %3 : tensor<?x96xf32>
}

// A cast rounds, which an epilogue would lose to what follows.
// CHECK-LABEL: func.func @cast_stays
func.func @cast_stays(%x: tensor<?x64xf32>, %w: !nn.weight<96x64>) -> tensor<?x96xbf16> {
  // CHECK: nn.contract
  // CHECK: nn.cast
  // CHECK: nn.relu
  %0 = nn.linear %x, %w : tensor<?x64xf32>, !nn.weight<96x64> -> tensor<?x96xf32>
  %1 = nn.cast %0 : tensor<?x96xf32> -> tensor<?x96xbf16>
  %2 = nn.relu %1 : tensor<?x96xbf16> -> tensor<?x96xbf16>
  return %2 : tensor<?x96xbf16>
}
