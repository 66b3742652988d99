// RUN: attn-opt %s --attn-outline --attn-bufferize --split-input-file | FileCheck %s
//
// Kernels write to destinations; functions hold memrefs, temporaries and launches.

// CHECK: tile.kernel @attention access ["read", "read", "read", "read", "write"]
// CHECK-NEXT: ^bb0(%[[Q:.*]]: memref<?x?x9x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %[[K:.*]]: memref<?x?x3x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %{{.*}}: memref<?xi32, strided<[?], offset: ?>>, %{{.*}}: memref<9xf32, strided<[?], offset: ?>>, %[[O:.*]]: memref<?x?x9x64xf32, strided<[?, ?, ?, ?], offset: ?>>):
// CHECK: attn.generic exp sum queries(%[[Q]] : {{.*}}) keys(%[[K]] : {{.*}}) value(%[[K]] : {{.*}}) {{.*}} into(%[[O]] : {{.*}}) score {
// CHECK-NEXT: ^bb0({{.*}}, %{{.*}}: memref<9xf32, strided<[?], offset: ?>>):
// CHECK: tile.return
// Where keys are the values, a twin takes the values as an argument more: it can be asked for weights.
// CHECK: tile.kernel @attention_twin access ["read", "read", "read", "read", "write", "read"] {
// CHECK-NEXT: ^bb0(%[[Q:.*]]: memref<?x?x9x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %[[K:.*]]: memref<?x?x3x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %{{.*}}: memref<?xi32, strided<[?], offset: ?>>, %{{.*}}: memref<9xf32, strided<[?], offset: ?>>, %[[O:.*]]: memref<?x?x9x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %[[V:.*]]: memref<?x?x3x64xf32, strided<[?, ?, ?, ?], offset: ?>>):
// CHECK: attn.generic exp sum queries(%[[Q]] : {{.*}}) keys(%[[K]] : {{.*}}) value(%[[V]] : {{.*}}) {{.*}} into(%[[O]] : {{.*}}) score {
// CHECK: } {attention = array<i64: 1, 4>, twin_of = "attention"}
// CHECK-LABEL: func.func @attention_with_a_captured_tensor(
// CHECK-SAME: %[[RESULT:[a-z0-9]*]]: memref<?x?x9x64xf32, strided<[?, ?, ?, ?], offset: ?>> {nn.dims = ["B", "T", "9", "64"], nn.name = "o", nn.result}) {
func.func @attention_with_a_captured_tensor(%q: tensor<?x?x9x64xf32> {nn.dims = ["B", "T", "9", "64"]},
    %k: tensor<?x?x3x64xf32> {nn.dims = ["B", "S", "3", "64"]}, %lengths: tensor<?xi32> {nn.dims = ["B"]}, %slopes: tensor<9xf32>)
    -> (tensor<?x?x9x64xf32> {nn.name = "o"}) {
  %scale = arith.constant 0.125 : f32
  %seq = attn.padded queries(%lengths : tensor<?xi32>) start bottom_right
  // CHECK-NOT: tile.alloc
  // CHECK: tile.launch @attention(%arg0, %arg1, %arg2, %arg3, %[[RESULT]] :
  %o = attn.generic exp sum queries(%q : tensor<?x?x9x64xf32>) keys(%k : tensor<?x?x3x64xf32>) value(%k : tensor<?x?x3x64xf32>)
       scale %scale in %seq captures(%slopes : tensor<9xf32>) score {
  ^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %m: tensor<9xf32>):
    %slope = attn.load %m[%h] : tensor<9xf32> -> f32
    %r = arith.addf %s, %slope : f32
    attn.yield %r : f32
  } -> tensor<?x?x9x64xf32>
  // CHECK: return
  return %o : tensor<?x?x9x64xf32>
}

// -----

// Row-wise kernels keep values inside.
// CHECK: tile.kernel @rotary_append access ["read", "read", "read", "update", "write"]
// CHECK: %[[X:.*]] = bufferization.to_tensor %{{.*}} : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>> to tensor<?x?x4x16xf32>
// CHECK: %[[Y:.*]] = attn.rotary %[[X]]
// CHECK: attn.append
// CHECK: bufferization.materialize_in_destination %[[Y]] in restrict writable %{{.*}} : (tensor<?x?x4x16xf32>, memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) -> ()
// CHECK-LABEL: func.func @views_and_lengths
func.func @views_and_lengths(%q: tensor<?x?x64xf32> {nn.dims = ["B", "T", "64"]}, %w: !nn.weight<64x64>,
    %keys: !attn.cache<?x?x4x16xf32> {nn.dims = ["B", "C", "4", "16"]}, %lengths: tensor<?xi32> {nn.dims = ["B"]}) -> tensor<?x?x64xf32> {
  // CHECK: %[[LENGTH:.*]] = attn.length
  // CHECK: %[[START:.*]] = bufferization.to_buffer %[[LENGTH]] : tensor<?xi32> to memref<?xi32, strided<[?], offset: ?>>
  %start = attn.length %keys : !attn.cache<?x?x4x16xf32> -> tensor<?xi32>
  %at = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
  // The strides of an argument are known at run time only: a view looks into a copy.
  // CHECK: %[[COPY:.*]] = tile.alloc ["B", "T", "64"] : memref<?x?x64xf32>
  // CHECK: memref.copy %arg0, %[[COPY]]
  // CHECK: %[[HEADS:.*]] = nn.split_heads %[[COPY]] : memref<?x?x64xf32> -> memref<?x?x4x16xf32>
  %h = nn.split_heads %q : tensor<?x?x64xf32> -> tensor<?x?x4x16xf32>
  // CHECK: %[[T:.*]] = tile.alloc ["B", "T", "4", "16"] : memref<?x?x4x16xf32>
  // CHECK: tile.launch @rotary_append(%[[HEADS]], %arg3, %[[START]], %arg2, %[[T]] :
  %r = attn.rotary %h at %at interleaved base 1.0e4 : tensor<?x?x4x16xf32>
  attn.append %keys, %r at %at : !attn.cache<?x?x4x16xf32>, tensor<?x?x4x16xf32>
  // CHECK: %[[M:.*]] = nn.merge_heads %[[T]] : memref<?x?x4x16xf32> -> memref<?x?x64xf32>
  %m = nn.merge_heads %r : tensor<?x?x4x16xf32> -> tensor<?x?x64xf32>
  // CHECK: tile.launch @linear_64x64(%[[M]], %arg1, %arg4 :
  %y = nn.contract %m weights(%w : !nn.weight<64x64>) {
  ^bb0(%acc: f32):
    nn.yield %acc : f32
  } : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// -----

// A view that is returned is copied once more.
// CHECK-LABEL: func.func @heads_from_outside
func.func @heads_from_outside(%x: tensor<?x4x16xf32> {nn.dims = ["N", "4", "16"]}) -> tensor<?x64xf32> {
  // CHECK: %[[T:.*]] = tile.alloc ["N", "4", "16"] : memref<?x4x16xf32>
  // CHECK: memref.copy %arg0, %[[T]]
  // CHECK: %[[M:.*]] = nn.merge_heads %[[T]]
  %m = nn.merge_heads %x : tensor<?x4x16xf32> -> tensor<?x64xf32>
  // CHECK: memref.copy %[[M]], %arg1
  return %m : tensor<?x64xf32>
}

// -----

// A result is returned twice: one launch, one copy.
// CHECK-LABEL: func.func @value_returned_twice
func.func @value_returned_twice(%x: tensor<?x64xf32> {nn.dims = ["N", "64"]}, %g: !nn.weight<64>) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  // CHECK: tile.launch @rms_norm(%arg0, %arg1, %arg2
  %n = nn.rms_norm %x, %g epsilon 1.0e-5 : tensor<?x64xf32>, !nn.weight<64> -> tensor<?x64xf32>
  // CHECK: memref.copy %arg2, %arg3
  return %n, %n : tensor<?x64xf32>, tensor<?x64xf32>
}
