// RUN: attn-opt %s --attn-outline --attn-bufferize --split-input-file | FileCheck %s
//
// Carried values of a repeat share one buffer where nothing reads the old content once the new one is written.

// The last launch adds to what it reads, element by element: in place.
// CHECK-LABEL: func.func @residual_in_place
func.func @residual_in_place(%x: tensor<?x64xf32> {nn.dims = ["N", "64"]}, %g: !nn.weight<64>) -> tensor<?x64xf32> {
  // CHECK: %[[H:.*]] = tile.alloc ["N", "64"] : memref<?x64xf32>
  // CHECK: tile.launch @rms_norm(%arg0, %arg1, %[[H]]
  %e = nn.rms_norm %x, %g epsilon 1.0e-5 : tensor<?x64xf32>, !nn.weight<64> -> tensor<?x64xf32>
  // CHECK-NOT: memref.copy
  // CHECK: nn.repeat 2 "layer" carry(%[[H]] : memref<?x64xf32>) {
  // CHECK-NEXT: ^bb0(%[[CARRIED:.*]]: memref<?x64xf32>):
  %y = nn.repeat 2 "layer" carry(%e : tensor<?x64xf32>) {
  ^bb0(%h: tensor<?x64xf32>):
    %w = nn.weight "blk.{layer}.w" : !nn.weight<64x64>
    // CHECK: %[[T:.*]] = tile.alloc
    // CHECK: tile.launch @rms_norm(%[[CARRIED]], %arg1, %[[T]]
    %n = nn.rms_norm %h, %g epsilon 1.0e-5 : tensor<?x64xf32>, !nn.weight<64> -> tensor<?x64xf32>
    // CHECK: tile.launch @linear_64x64(%[[T]], %{{.*}}, %[[CARRIED]], %[[CARRIED]] :
    %a = nn.contract %n weights(%w : !nn.weight<64x64>) extras(%h : tensor<?x64xf32>) {
    ^bb0(%acc: f32, %r: f32):
      %s = arith.addf %acc, %r : f32
      nn.yield %s : f32
    } : tensor<?x64xf32> -> tensor<?x64xf32>
    // CHECK-NEXT: }
    nn.yield %a : tensor<?x64xf32>
  }  -> tensor<?x64xf32>
  // CHECK: memref.copy %[[H]], %arg2
  return %y : tensor<?x64xf32>
}

// -----

// The contraction reads whole rows of what it would overwrite.
// CHECK-LABEL: func.func @input_is_the_carried_value
func.func @input_is_the_carried_value(%x: tensor<?x64xf32> {nn.dims = ["N", "64"]}) -> tensor<?x64xf32> {
  // A function's argument is not to be overwritten.
  // CHECK: %[[H:.*]] = tile.alloc
  // CHECK: memref.copy %arg0, %[[H]]
  // CHECK: nn.repeat 2 "layer" carry(%[[H]]
  %y = nn.repeat 2 "layer" carry(%x : tensor<?x64xf32>) {
  ^bb0(%h: tensor<?x64xf32>):
    %w = nn.weight "blk.{layer}.w" : !nn.weight<64x64>
    // CHECK: %[[T:.*]] = tile.alloc
    // CHECK: tile.launch @linear_64x64(%[[CARRIED:.*]], %{{.*}}, %[[T]] :
    %a = nn.contract %h weights(%w : !nn.weight<64x64>) {
    ^bb0(%acc: f32):
      nn.yield %acc : f32
    } : tensor<?x64xf32> -> tensor<?x64xf32>
    // CHECK: memref.copy %[[T]], %[[CARRIED]]
    nn.yield %a : tensor<?x64xf32>
  }  -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// Both are read before either is overwritten.
// CHECK-LABEL: func.func @values_that_change_places
func.func @values_that_change_places(%x: tensor<?x64xf32> {nn.dims = ["N", "64"]}, %y: tensor<?x64xf32> {nn.dims = ["N", "64"]}) -> tensor<?x64xf32> {
  // CHECK: ^bb0(%[[A:.*]]: memref<?x64xf32>, %[[B:.*]]: memref<?x64xf32>):
  %r:2 = nn.repeat 3 "layer" carry(%x, %y : tensor<?x64xf32>, tensor<?x64xf32>) {
  ^bb0(%a: tensor<?x64xf32>, %b: tensor<?x64xf32>):
    // CHECK: memref.copy %[[B]], %[[OLD_B:.*]] :
    // CHECK: memref.copy %[[A]], %[[OLD_A:.*]] :
    // CHECK: memref.copy %[[OLD_B]], %[[A]] :
    // CHECK: memref.copy %[[OLD_A]], %[[B]] :
    nn.yield %b, %a : tensor<?x64xf32>, tensor<?x64xf32>
  } -> tensor<?x64xf32>, tensor<?x64xf32>
  return %r#0 : tensor<?x64xf32>
}
