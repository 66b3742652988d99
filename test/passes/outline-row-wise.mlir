// RUN: attn-opt %s --attn-outline --split-input-file | FileCheck %s
//
// Row-wise ops over the same rows run as one kernel, if nothing in between needs what they give or write.

// Several results; the first is used outside too.
// CHECK-LABEL: tile.kernel @rms_norm_cast
// CHECK-NEXT: ^bb0(%{{.*}}: tensor<?x?x64xf32>, %{{.*}}: !nn.weight<64>):
// CHECK: tile.return %{{.*}}, %{{.*}} : tensor<?x?x64xf32>, tensor<?x?x64xbf16>
// CHECK-LABEL: func.func @chain_with_two_results
func.func @chain_with_two_results(%x: tensor<?x?x64xf32> {nn.dims = ["B", "T", "64"]}, %g: !nn.weight<64>) -> (tensor<?x?x64xf32>, tensor<?x?x64xbf16>) {
  // CHECK: %[[Y:.*]]:2 = tile.launch @rms_norm_cast(
  %n = nn.rms_norm %x, %g epsilon 1.0e-5 : tensor<?x?x64xf32>, !nn.weight<64> -> tensor<?x?x64xf32>
  %c = nn.cast %n : tensor<?x?x64xf32> -> tensor<?x?x64xbf16>
  // CHECK: return %[[Y]]#0, %[[Y]]#1
  return %n, %c : tensor<?x?x64xf32>, tensor<?x?x64xbf16>
}

// -----

// Rotations and appends of one call: the views between them and their producer stay outside.
// CHECK-LABEL: tile.kernel @rotary_append
// CHECK: attn.padded
// CHECK: attn.rotary
// CHECK: attn.rotary
// CHECK: attn.append
// CHECK: attn.append
// CHECK: tile.return %{{.*}} : tensor<?x?x4x16xf32>
// CHECK-LABEL: func.func @rotations_and_appends
func.func @rotations_and_appends(%q: tensor<?x?x64xf32> {nn.dims = ["B", "T", "64"]}, %k: tensor<?x?x32xf32> {nn.dims = ["B", "T", "32"]},
    %keys: !attn.cache<?x?x2x16xf32> {nn.dims = ["B", "C", "2", "16"]}, %values: !attn.cache<?x?x2x16xf32> {nn.dims = ["B", "C", "2", "16"]},
    %lengths: tensor<?xi32> {nn.dims = ["B"]}) -> tensor<?x?x4x16xf32> {
  %start = attn.length %keys : !attn.cache<?x?x2x16xf32> -> tensor<?xi32>
  %at = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
  // CHECK-DAG: %[[QUERIES:.*]] = nn.split_heads %arg0
  // CHECK-DAG: nn.split_heads %arg1
  %q1 = nn.split_heads %q : tensor<?x?x64xf32> -> tensor<?x?x4x16xf32>
  %k1 = nn.split_heads %k : tensor<?x?x32xf32> -> tensor<?x?x2x16xf32>
  // CHECK: tile.launch @rotary_append(%[[QUERIES]]
  %q2 = attn.rotary %q1 at %at interleaved base 1.0e4 : tensor<?x?x4x16xf32>
  %k2 = attn.rotary %k1 at %at interleaved base 1.0e4 : tensor<?x?x2x16xf32>
  attn.append %keys, %k2 at %at : !attn.cache<?x?x2x16xf32>, tensor<?x?x2x16xf32>
  attn.append %values, %k1 at %at : !attn.cache<?x?x2x16xf32>, tensor<?x?x2x16xf32>
  return %q2 : tensor<?x?x4x16xf32>
}

// -----

// The second norm reads a layer that reads the first.
// CHECK-LABEL: func.func @chain_across_a_layer
func.func @chain_across_a_layer(%x: tensor<?x64xf32> {nn.dims = ["N", "64"]}, %g: !nn.weight<64>, %w: !nn.weight<64x64>) -> tensor<?x64xf32> {
  // CHECK: %[[A:.*]] = tile.launch @rms_norm(%arg0, %arg1
  %n = nn.rms_norm %x, %g epsilon 1.0e-5 : tensor<?x64xf32>, !nn.weight<64> -> tensor<?x64xf32>
  // CHECK: %[[B:.*]] = tile.launch @linear_64x64(%[[A]]
  %y = nn.contract %n weights(%w : !nn.weight<64x64>) {
  ^bb0(%acc: f32):
    nn.yield %acc : f32
  } : tensor<?x64xf32> -> tensor<?x64xf32>
  // CHECK: tile.launch @rms_norm(%[[B]], %arg1
  %m = nn.rms_norm %y, %g epsilon 1.0e-5 : tensor<?x64xf32>, !nn.weight<64> -> tensor<?x64xf32>
  return %m : tensor<?x64xf32>
}

// -----

// The last rows are other rows.
// CHECK-LABEL: tile.kernel @rms_norm {
// CHECK-LABEL: tile.kernel @pool_rms_norm {
// CHECK-LABEL: func.func @norm_of_all_rows_and_of_the_last
func.func @norm_of_all_rows_and_of_the_last(%x: tensor<?x?x64xf32> {nn.dims = ["B", "T", "64"]}, %lengths: tensor<?xi32> {nn.dims = ["B"]},
    %g: !nn.weight<64>) -> (tensor<?x?x64xf32>, tensor<?x64xf32>) {
  // CHECK: tile.launch @rms_norm(
  %all = nn.rms_norm %x, %g epsilon 1.0e-5 : tensor<?x?x64xf32>, !nn.weight<64> -> tensor<?x?x64xf32>
  // CHECK: tile.launch @pool_rms_norm(
  %l = nn.pool last %x lengths(%lengths : tensor<?xi32>) : tensor<?x?x64xf32> -> tensor<?x64xf32>
  %one = nn.rms_norm %l, %g epsilon 1.0e-5 : tensor<?x64xf32>, !nn.weight<64> -> tensor<?x64xf32>
  return %all, %one : tensor<?x?x64xf32>, tensor<?x64xf32>
}

// -----

// An append after attention that reads the cache does not move before it, nor the first one after it.
// CHECK-LABEL: func.func @append_after_attention
func.func @append_after_attention(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]}, %keys: !attn.cache<?x?x2x16xf32> {nn.dims = ["B", "C", "2", "16"]},
    %lengths: tensor<?xi32> {nn.dims = ["B"]}) -> tensor<?x?x2x16xf32> {
  %scale = arith.constant 0.25 : f32
  %start = attn.length %keys : !attn.cache<?x?x2x16xf32> -> tensor<?xi32>
  %at = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
  // CHECK: tile.launch @append
  attn.append %keys, %q at %at : !attn.cache<?x?x2x16xf32>, tensor<?x?x2x16xf32>
  // CHECK: tile.launch @attention
  %o = attn.generic exp sum queries(%q : tensor<?x?x2x16xf32>) keys(%keys : !attn.cache<?x?x2x16xf32>) value(%keys : !attn.cache<?x?x2x16xf32>)
       scale %scale in %at -> tensor<?x?x2x16xf32>
  // CHECK: tile.launch @append
  attn.append %keys, %q at %at : !attn.cache<?x?x2x16xf32>, tensor<?x?x2x16xf32>
  return %o : tensor<?x?x2x16xf32>
}
