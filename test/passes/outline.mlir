// RUN: attn-opt %s --attn-outline --split-input-file | FileCheck %s
//
// One compute piece becomes one kernel; what computes nothing stays in the graph.

// The kernel's arguments stand in the order of use; scale and sequences are repeated inside.
// CHECK-LABEL: tile.kernel @attention
// CHECK-NEXT: ^bb0(%[[Q:.*]]: tensor<?x?x9x64xf32>, %[[K:.*]]: !attn.cache<?x?x3x64xbf16>, %[[V:.*]]: !attn.cache<?x?x3x64xbf16>, %[[LENGTHS:.*]]: tensor<?xi32>, %[[START:.*]]: tensor<?xi32>, %[[WINDOW:.*]]: i32):
// CHECK: %[[SCALE:.*]] = arith.constant 1.250000e-01 : f32
// CHECK: attn.padded queries(%[[LENGTHS]] : tensor<?xi32>) start %[[START]] : tensor<?xi32>
// CHECK: %[[O:.*]] = attn.generic exp sum queries(%[[Q]]
// CHECK: tile.return %[[O]] : tensor<?x?x9x64xf32>
// CHECK-LABEL: func.func @attention_on_a_cache
func.func @attention_on_a_cache(%q: tensor<?x?x9x64xf32> {nn.dims = ["B", "T", "9", "64"]},
    %k: !attn.cache<?x?x3x64xbf16> {nn.dims = ["B", "C", "3", "64"]}, %v: !attn.cache<?x?x3x64xbf16> {nn.dims = ["B", "C", "3", "64"]},
    %lengths: tensor<?xi32> {nn.dims = ["B"]}, %window: i32) -> tensor<?x?x9x64xf32> {
  %scale = arith.constant 0.125 : f32
  // CHECK-NOT: attn.padded
  // CHECK: %[[START:.*]] = attn.length
  %start = attn.length %k : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
  %seq = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
  // CHECK: tile.launch @attention(%arg0, %arg1, %arg2, %arg3, %[[START]], %arg4 :
  %o = attn.generic exp sum queries(%q : tensor<?x?x9x64xf32>) keys(%k : !attn.cache<?x?x3x64xbf16>)
       value(%v : !attn.cache<?x?x3x64xbf16>) scale %scale in %seq captures(%window : i32) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %w: i32):
    %d = arith.subi %i, %j : i32
    %near = arith.cmpi slt, %d, %w : i32
    attn.yield %near : i1
  } -> tensor<?x?x9x64xf32>
  return %o : tensor<?x?x9x64xf32>
}

// -----

// Two functions, three equal layers, one kernel; the weights are handed to it.
// CHECK: tile.kernel @linear_64x96 {
// CHECK-NEXT: ^bb0(%{{.*}}: tensor<?x64xf32>, %{{.*}}: !nn.weight<96x64>):
// CHECK-NOT: tile.kernel
// CHECK-LABEL: func.func @equal_layers
func.func @equal_layers(%x: tensor<?x64xf32> {nn.dims = ["N", "64"]}) -> (tensor<?x96xf32>, tensor<?x96xf32>) {
  // CHECK: %[[A:.*]] = nn.weight "a"
  %a = nn.weight "a" : !nn.weight<96x64>
  %b = nn.weight "b" : !nn.weight<96x64>
  // CHECK: tile.launch @linear_64x96(%arg0, %[[A]] : tensor<?x64xf32>, !nn.weight<96x64>) -> tensor<?x96xf32>
  %0 = nn.contract %x weights(%a : !nn.weight<96x64>) {
  ^bb0(%acc: f32):
    nn.yield %acc : f32
  } : tensor<?x64xf32> -> tensor<?x96xf32>
  // CHECK: tile.launch @linear_64x96(
  %1 = nn.contract %x weights(%b : !nn.weight<96x64>) {
  ^bb0(%acc: f32):
    nn.yield %acc : f32
  } : tensor<?x64xf32> -> tensor<?x96xf32>
  return %0, %1 : tensor<?x96xf32>, tensor<?x96xf32>
}
// CHECK-LABEL: func.func @in_another_function
func.func @in_another_function(%x: tensor<?x64xf32> {nn.dims = ["M", "64"]}, %w: !nn.weight<96x64>) -> tensor<?x96xf32> {
  // CHECK: tile.launch @linear_64x96(
  %0 = nn.contract %x weights(%w : !nn.weight<96x64>) {
  ^bb0(%acc: f32):
    nn.yield %acc : f32
  } : tensor<?x64xf32> -> tensor<?x96xf32>
  return %0 : tensor<?x96xf32>
}

// -----

// Another epilogue is another kernel.
// CHECK: tile.kernel @linear_64x64
// CHECK: tile.kernel @linear_64x64_1
// CHECK-LABEL: func.func @layer_with_a_residual
func.func @layer_with_a_residual(%x: tensor<?x64xf32> {nn.dims = ["N", "64"]}, %w: !nn.weight<64x64>) -> tensor<?x64xf32> {
  // CHECK: %[[Y:.*]] = tile.launch @linear_64x64(%arg0, %arg1 :
  %0 = nn.contract %x weights(%w : !nn.weight<64x64>) {
  ^bb0(%acc: f32):
    nn.yield %acc : f32
  } : tensor<?x64xf32> -> tensor<?x64xf32>
  // CHECK: tile.launch @linear_64x64_1(%[[Y]], %arg1, %arg0 :
  %1 = nn.contract %0 weights(%w : !nn.weight<64x64>) extras(%x : tensor<?x64xf32>) {
  ^bb0(%acc: f32, %r: f32):
    %s = arith.addf %acc, %r : f32
    nn.yield %s : f32
  } : tensor<?x64xf32> -> tensor<?x64xf32>
  return %1 : tensor<?x64xf32>
}

// -----

// Attention writes both of its results, whoever uses them.
// CHECK: tile.kernel @attention
// CHECK: tile.return %{{.*}}, %{{.*}} : tensor<?x?x4x16xf32>, tensor<?x?x4xf32>
// CHECK-LABEL: func.func @log_sum_exp_that_nobody_uses
func.func @log_sum_exp_that_nobody_uses(%q: tensor<?x?x4x16xf32> {nn.dims = ["B", "T", "4", "16"]}) -> tensor<?x?x4x16xf32> {
  %scale = arith.constant 0.25 : f32
  // CHECK: tile.launch @attention(%arg0 : tensor<?x?x4x16xf32>) -> tensor<?x?x4x16xf32>, tensor<?x?x4xf32>
  %o, %lse = attn.generic exp sum queries(%q : tensor<?x?x4x16xf32>) keys(%q : tensor<?x?x4x16xf32>) value(%q : tensor<?x?x4x16xf32>)
       scale %scale -> tensor<?x?x4x16xf32> lse tensor<?x?x4xf32>
  return %o : tensor<?x?x4x16xf32>
}
