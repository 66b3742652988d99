// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --attn-expand-layers | FileCheck %s --check-prefix=EXPANDED
// nn.generic, nn.choose and nn.lora print as they are read.

// CHECK-LABEL: func.func @a_gate_broadcast_over_a_head(
func.func @a_gate_broadcast_over_a_head(%o: tensor<?x?x8x64xf32>, %g: tensor<?x?x8xf32>) -> tensor<?x?x8x64xf32> {
  // CHECK: nn.generic ins(%{{.*}}, %{{.*}} : tensor<?x?x8x64xf32>, tensor<?x?x8xf32>) maps [#{{.*}}, #{{.*}}] {
  // CHECK: ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32):
  %gated = nn.generic ins(%o, %g : tensor<?x?x8x64xf32>, tensor<?x?x8xf32>)
    maps [affine_map<(n, t, h, e) -> (n, t, h, e)>, affine_map<(n, t, h, e) -> (n, t, h)>] {
  ^bb0(%x: f32, %gate: f32, %n: i32, %t: i32, %h: i32, %e: i32):
    %y = arith.mulf %x, %gate : f32
    nn.yield %y : f32
  } -> tensor<?x?x8x64xf32>
  return %gated : tensor<?x?x8x64xf32>
}

// CHECK-LABEL: func.func @a_fold(
func.func @a_fold(%x: tensor<?x?xf32>) -> tensor<?xf32> {
  // CHECK: nn.generic ins(%{{.*}} : tensor<?x?xf32>) maps [#{{.*}}] init 0.000000e+00 : f32 {
  %y = nn.generic ins(%x : tensor<?x?xf32>) maps [affine_map<(n, i) -> (n, i)>] init 0.0 : f32 {
  ^bb0(%e: f32, %sum: f32, %n: i32, %i: i32):
    %s = arith.addf %sum, %e : f32
    nn.yield %s : f32
  } -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// CHECK-LABEL: func.func @one_of_two(
func.func @one_of_two(%flag: tensor<1xi32>, %a: tensor<?x64xf32>) -> tensor<?x64xf32> {
  // CHECK: nn.choose %{{.*}} : tensor<1xi32> -> tensor<?x64xf32> {
  // CHECK: nn.yield %{{.*}} : tensor<?x64xf32>
  // CHECK: }, {
  %y = nn.choose %flag : tensor<1xi32> -> tensor<?x64xf32> {
    nn.yield %a : tensor<?x64xf32>
  }, {
    %b = nn.silu %a : tensor<?x64xf32> -> tensor<?x64xf32>
    nn.yield %b : tensor<?x64xf32>
  }
  return %y : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @adapters(
// EXPANDED-LABEL: func.func @adapters(
// EXPANDED-NOT: nn.lora
func.func @adapters(%x: tensor<?x?x576xf32>, %base: tensor<?x?x64xf32>, %k: tensor<?xi32>) -> tensor<?x?x64xf32> {
  %a = nn.weight "a" : !nn.weight<24x576>
  %b = nn.weight "b" : !nn.weight<64x24>
  // CHECK: nn.lora %{{.*}}, %{{.*}} adapters %{{.*}}, %{{.*}} by %{{.*}} rank 8 alpha 1.600000e+01 : tensor<?x?x576xf32>, tensor<?x?x64xf32>, !nn.weight<24x576>, !nn.weight<64x24>, tensor<?xi32>
  // All adapters, those of others replaced by 0, and back.
  // EXPANDED: %[[ALL:.*]] = nn.linear {{.*}} -> tensor<?x?x24xf32>
  // EXPANDED: %[[OWN:.*]] = nn.generic ins(%[[ALL]], %{{.*}} : tensor<?x?x24xf32>, tensor<?xi32>)
  // EXPANDED: %[[ADDED:.*]] = nn.linear %[[OWN]], {{.*}} -> tensor<?x?x64xf32>
  // EXPANDED: nn.add %{{.*}}, %[[ADDED]]
  %y = nn.lora %x, %base adapters %a, %b by %k rank 8 alpha 1.6e+01 : tensor<?x?x576xf32>, tensor<?x?x64xf32>, !nn.weight<24x576>, !nn.weight<64x24>, tensor<?xi32>
  return %y : tensor<?x?x64xf32>
}
