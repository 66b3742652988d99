// RUN: attn-opt %s --attn-outline --attn-bufferize --attn-assign-memory | FileCheck %s
//
// Kernels write their part of a concatenation in place; what comes from outside is copied to its part. Slices and
// transposed tensors are views into temporaries.

// CHECK-LABEL: func.func @concatenation
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<?x64xf32
func.func @concatenation(%x: tensor<?x64xf32> {nn.dims = ["N", "64"]}) -> tensor<?x192xf32> {
  // CHECK: %[[WHOLE:.*]] = tile.alloc ["N", "192"]
  // CHECK: %[[FIRST:.*]] = nn.slice %[[WHOLE]] axis 1 from 0 :
  // CHECK: tile.launch @relu(%[[X]], %[[FIRST]]
  // CHECK: %[[SECOND:.*]] = nn.slice %[[WHOLE]] axis 1 from 64 :
  // CHECK: memref.copy %[[X]], %[[SECOND]]
  // CHECK: %[[THIRD:.*]] = nn.slice %[[WHOLE]] axis 1 from 128 :
  // CHECK: memref.copy %[[FIRST]], %[[THIRD]]
  %r = nn.relu %x : tensor<?x64xf32> -> tensor<?x64xf32>
  %y = nn.concat %r, %x, %r axis 1 : tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x192xf32>
  return %y : tensor<?x192xf32>
}

// CHECK-LABEL: func.func @views_of_an_argument
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<?x64xf32
func.func @views_of_an_argument(%x: tensor<?x64xf32> {nn.dims = ["N", "64"]}) -> (tensor<32x?xf32>, tensor<?x4x8xf32>) {
  // CHECK: %[[COPY:.*]] = tile.alloc ["N", "64"]
  // CHECK: memref.copy %[[X]], %[[COPY]]
  // CHECK: %[[PART:.*]] = nn.slice %[[COPY]] axis 1 from 16 : memref<?x64xf32> -> memref<?x32xf32, strided<[?, ?], offset: ?>>
  // CHECK: nn.split_heads %[[PART]] : memref<?x32xf32, strided<[?, ?], offset: ?>> -> memref<?x4x8xf32, strided<[?, ?, ?], offset: ?>>
  // CHECK: %[[AGAIN:.*]] = nn.slice %{{.*}} axis 1 from 16
  // CHECK: nn.transpose %[[AGAIN]] [1, 0]
  %part = nn.slice %x axis 1 from 16 : tensor<?x64xf32> -> tensor<?x32xf32>
  %turned = nn.transpose %part [1, 0] : tensor<?x32xf32> -> tensor<32x?xf32>
  %heads = nn.split_heads %part : tensor<?x32xf32> -> tensor<?x4x8xf32>
  return %turned, %heads : tensor<32x?xf32>, tensor<?x4x8xf32>
}
