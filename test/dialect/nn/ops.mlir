// RUN: attn-opt %s | attn-opt | FileCheck %s
//
// Every op of the graph as it is written, in tensor form and, where it has one, in memref form.

// CHECK-LABEL: @weights_and_embedding
func.func @weights_and_embedding(%tokens: tensor<?x?xi32>) -> tensor<?x?x64xf32> {
  // CHECK: nn.weight "token_embd.weight" : !nn.weight<256x64>
  %w = nn.weight "token_embd.weight" : !nn.weight<256x64>
  // CHECK: nn.embed %{{.*}}, %{{.*}} : tensor<?x?xi32>, !nn.weight<256x64> -> tensor<?x?x64xf32>
  %x = nn.embed %tokens, %w : tensor<?x?xi32>, !nn.weight<256x64> -> tensor<?x?x64xf32>
  return %x : tensor<?x?x64xf32>
}

// CHECK-LABEL: @linear_layers
func.func @linear_layers(%x: tensor<?x64xf32>, %w: !nn.weight<96x64>, %u: !nn.weight<96x64>, %b: !nn.weight<96>) -> tensor<?x96xf32> {
  // CHECK: nn.linear %{{.*}}, %{{.*}} : tensor<?x64xf32>, !nn.weight<96x64> -> tensor<?x96xf32>
  %0 = nn.linear %x, %w : tensor<?x64xf32>, !nn.weight<96x64> -> tensor<?x96xf32>
  // CHECK: nn.linear %{{.*}}, %{{.*}} bias %{{.*}} : !nn.weight<96> for : tensor<?x64xf32>, !nn.weight<96x64> -> tensor<?x96xf32>
  %1 = nn.linear %x, %w bias %b : !nn.weight<96> for : tensor<?x64xf32>, !nn.weight<96x64> -> tensor<?x96xf32>
  // CHECK: nn.swiglu %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x64xf32>, !nn.weight<96x64> -> tensor<?x96xf32>
  %2 = nn.swiglu %x, %w, %u : tensor<?x64xf32>, !nn.weight<96x64> -> tensor<?x96xf32>
  %3 = nn.add %0, %1 : tensor<?x96xf32>
  %4 = nn.mul %3, %2 : tensor<?x96xf32>
  return %4 : tensor<?x96xf32>
}

// CHECK-LABEL: @contraction_with_bias_and_residual
func.func @contraction_with_bias_and_residual(%x: tensor<?x64xbf16>, %w: !nn.weight<96x64>, %r: tensor<?x96xf32>, %b: !nn.weight<96>) -> tensor<?x96xf32> {
  // CHECK: nn.contract %{{.*}} weights(%{{.*}} : !nn.weight<96x64>) extras(%{{.*}} : tensor<?x96xf32>) vectors(%{{.*}} : !nn.weight<96>) {
  %y = nn.contract %x weights(%w : !nn.weight<96x64>) extras(%r : tensor<?x96xf32>) vectors(%b : !nn.weight<96>) {
  ^bb0(%acc: f32, %residual: f32, %bias: f32):
    %0 = arith.addf %acc, %bias : f32
    %1 = arith.addf %0, %residual : f32
    nn.yield %1 : f32
  } : tensor<?x64xbf16> -> tensor<?x96xf32>
  return %y : tensor<?x96xf32>
}

// CHECK-LABEL: @contraction_of_quantised_rows_into_a_buffer
func.func @contraction_of_quantised_rows_into_a_buffer(%x: memref<?x2x40xi8>, %w: !nn.weight<96x64>, %y: memref<?x96xf32>) {
  // CHECK: nn.contract %{{.*}} weights(%{{.*}} : !nn.weight<96x64>) into(%{{.*}} : memref<?x96xf32>)
  nn.contract %x weights(%w : !nn.weight<96x64>) into(%y : memref<?x96xf32>) {
  ^bb0(%acc: f32):
    nn.yield %acc : f32
  } : memref<?x2x40xi8>
  return
}

// CHECK-LABEL: @rows
func.func @rows(%x: tensor<?x?x64xf32>, %lengths: tensor<?xi32>, %g: !nn.weight<64>) -> tensor<?x2x40xi8> {
  // CHECK: nn.rms_norm %{{.*}}, %{{.*}} epsilon 9.99999974E-6
  %n = nn.rms_norm %x, %g epsilon 1.0e-5 : tensor<?x?x64xf32>, !nn.weight<64> -> tensor<?x?x64xf32>
  // CHECK: nn.silu
  %s = nn.silu %n : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  // CHECK: nn.cast %{{.*}} : tensor<?x?x64xf32> -> tensor<?x?x64xbf16>
  %c = nn.cast %s : tensor<?x?x64xf32> -> tensor<?x?x64xbf16>
  // CHECK: nn.pool last %{{.*}} lengths(%{{.*}} : tensor<?xi32>) : tensor<?x?x64xbf16> -> tensor<?x64xbf16>
  %l = nn.pool last %c lengths(%lengths : tensor<?xi32>) : tensor<?x?x64xbf16> -> tensor<?x64xbf16>
  %f = nn.cast %l : tensor<?x64xbf16> -> tensor<?x64xf32>
  // CHECK: nn.quantize %{{.*}} : tensor<?x64xf32> -> tensor<?x2x40xi8>
  %q = nn.quantize %f : tensor<?x64xf32> -> tensor<?x2x40xi8>
  return %q : tensor<?x2x40xi8>
}

// CHECK-LABEL: @heads_on_tensors_and_memrefs
func.func @heads_on_tensors_and_memrefs(%x: tensor<?x64xf32>, %m: memref<?x64xf32, strided<[?, ?], offset: ?>>) -> tensor<?x64xf32> {
  // CHECK: nn.split_heads %{{.*}} : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %h = nn.split_heads %x : tensor<?x64xf32> -> tensor<?x4x16xf32>
  // CHECK: nn.merge_heads %{{.*}} : tensor<?x4x16xf32> -> tensor<?x64xf32>
  %y = nn.merge_heads %h : tensor<?x4x16xf32> -> tensor<?x64xf32>
  // CHECK: nn.split_heads %{{.*}} : memref<?x64xf32, strided<[?, ?], offset: ?>> -> memref<?x4x16xf32, strided<[?, ?, ?], offset: ?>>
  %v = nn.split_heads %m : memref<?x64xf32, strided<[?, ?], offset: ?>> -> memref<?x4x16xf32, strided<[?, ?, ?], offset: ?>>
  return %y : tensor<?x64xf32>
}

// CHECK-LABEL: @repeat_with_carried_value_and_cache_slice
func.func @repeat_with_carried_value_and_cache_slice(%x: tensor<?x64xf32>, %k: !attn.cache<3x?x?x2x16xf32>) -> tensor<?x64xf32> {
  // CHECK: nn.repeat 3 "layer" carry(%{{.*}} : tensor<?x64xf32>) slice(%{{.*}} : !attn.cache<3x?x?x2x16xf32>) {
  %y = nn.repeat 3 "layer" carry(%x : tensor<?x64xf32>) slice(%k : !attn.cache<3x?x?x2x16xf32>) {
  ^bb0(%h: tensor<?x64xf32>, %kl: !attn.cache<?x?x2x16xf32>):
    // CHECK: nn.weight "blk.{layer}.norm" : !nn.weight<64>
    %g = nn.weight "blk.{layer}.norm" : !nn.weight<64>
    %n = nn.rms_norm %h, %g epsilon 1.0e-5 : tensor<?x64xf32>, !nn.weight<64> -> tensor<?x64xf32>
    // CHECK: nn.yield %{{.*}} : tensor<?x64xf32>
    nn.yield %n : tensor<?x64xf32>
  } -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
