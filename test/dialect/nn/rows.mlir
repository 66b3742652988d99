// RUN: attn-opt %s --split-input-file | attn-opt --split-input-file | FileCheck %s
//
// Ops on rows as they are written: elementwise ops, ops over the features of a row, ops that gather rows; and views.

// CHECK-LABEL: @elementwise
func.func @elementwise(%x: tensor<?x64xf32>, %v: !nn.weight<64>) -> tensor<?x64xf32> {
  // CHECK: nn.relu %{{.*}} : tensor<?x64xf32> -> tensor<?x64xf32>
  %0 = nn.relu %x : tensor<?x64xf32> -> tensor<?x64xf32>
  // CHECK: nn.sigmoid
  %1 = nn.sigmoid %0 : tensor<?x64xf32> -> tensor<?x64xf32>
  // CHECK: nn.tanh
  %2 = nn.tanh %1 : tensor<?x64xf32> -> tensor<?x64xf32>
  // CHECK: nn.exp
  %3 = nn.exp %2 : tensor<?x64xf32> -> tensor<?x64xf32>
  // CHECK: nn.gelu %{{.*}} exact : tensor<?x64xf32> -> tensor<?x64xf32>
  %4 = nn.gelu %3 exact : tensor<?x64xf32> -> tensor<?x64xf32>
  // CHECK: nn.gelu %{{.*}} tanh : tensor<?x64xf32> -> tensor<?x64xf32>
  %5 = nn.gelu %4 tanh : tensor<?x64xf32> -> tensor<?x64xf32>
  // CHECK: nn.scale %{{.*}} by 5.000000e-01 : tensor<?x64xf32>
  %6 = nn.scale %5 by 0.5 : tensor<?x64xf32>
  // CHECK: nn.sub %{{.*}}, %{{.*}} : tensor<?x64xf32>
  %7 = nn.sub %6, %x : tensor<?x64xf32>
  // CHECK: nn.add_vector %{{.*}}, %{{.*}} : tensor<?x64xf32>, !nn.weight<64>
  %8 = nn.add_vector %7, %v : tensor<?x64xf32>, !nn.weight<64>
  // CHECK: nn.mul_vector %{{.*}}, %{{.*}} : tensor<?x64xf32>, !nn.weight<64>
  %9 = nn.mul_vector %8, %v : tensor<?x64xf32>, !nn.weight<64>
  return %9 : tensor<?x64xf32>
}

// -----

// CHECK-LABEL: @over_features
func.func @over_features(%x: tensor<?x?x64xf32>, %g: !nn.weight<64>, %b: !nn.weight<64>) -> (tensor<?x?xi32>, tensor<?x?x5xf32>, tensor<?x?x5xi32>) {
  // CHECK: nn.layer_norm %{{.*}} gain %{{.*}} : !nn.weight<64> bias %{{.*}} : !nn.weight<64> epsilon 9.99999996E-13 : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  %0 = nn.layer_norm %x gain %g : !nn.weight<64> bias %b : !nn.weight<64> epsilon 1.0e-12 : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  // CHECK: nn.layer_norm %{{.*}} epsilon
  %1 = nn.layer_norm %0 epsilon 1.0e-5 : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  // CHECK: nn.l2_norm %{{.*}} epsilon
  %2 = nn.l2_norm %1 epsilon 1.0e-12 : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  // CHECK: nn.softmax %{{.*}} : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  %3 = nn.softmax %2 : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  // CHECK: nn.log_softmax %{{.*}} : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  %4 = nn.log_softmax %3 : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  // CHECK: nn.argmax %{{.*}} : tensor<?x?x64xf32> -> tensor<?x?xi32>
  %5 = nn.argmax %4 : tensor<?x?x64xf32> -> tensor<?x?xi32>
  // CHECK: nn.top_k %{{.*}} : tensor<?x?x64xf32> -> tensor<?x?x5xf32>, tensor<?x?x5xi32>
  %6, %7 = nn.top_k %4 : tensor<?x?x64xf32> -> tensor<?x?x5xf32>, tensor<?x?x5xi32>
  return %5, %6, %7 : tensor<?x?xi32>, tensor<?x?x5xf32>, tensor<?x?x5xi32>
}

// -----

// CHECK-LABEL: @images
func.func @images(%images: tensor<?x3x32x48xf32>, %token: !nn.weight<768>, %positions: !nn.weight<7x768>) -> tensor<?x768xf32> {
  // CHECK: nn.patchify %{{.*}} size 16 : tensor<?x3x32x48xf32> -> tensor<?x6x768xf32>
  %0 = nn.patchify %images size 16 : tensor<?x3x32x48xf32> -> tensor<?x6x768xf32>
  // CHECK: nn.prepend %{{.*}}, %{{.*}} : tensor<?x6x768xf32>, !nn.weight<768> -> tensor<?x7x768xf32>
  %1 = nn.prepend %0, %token : tensor<?x6x768xf32>, !nn.weight<768> -> tensor<?x7x768xf32>
  // CHECK: nn.add_positions %{{.*}}, %{{.*}} : tensor<?x7x768xf32>, !nn.weight<7x768>
  %2 = nn.add_positions %1, %positions : tensor<?x7x768xf32>, !nn.weight<7x768>
  // CHECK: nn.pool first %{{.*}} : tensor<?x7x768xf32> -> tensor<?x768xf32>
  %3 = nn.pool first %2 : tensor<?x7x768xf32> -> tensor<?x768xf32>
  return %3 : tensor<?x768xf32>
}

// -----

// CHECK-LABEL: @texts
func.func @texts(%x: tensor<?x?x64xf32>, %positions: !nn.weight<512x64>, %lengths: tensor<?xi32>) -> tensor<?x64xf32> {
  %at = attn.padded queries(%lengths : tensor<?xi32>) start top_left
  // CHECK: nn.add_positions %{{.*}}, %{{.*}} at %{{.*}} : tensor<?x?x64xf32>, !nn.weight<512x64>
  %0 = nn.add_positions %x, %positions at %at : tensor<?x?x64xf32>, !nn.weight<512x64>
  // CHECK: nn.pool mean %{{.*}} lengths(%{{.*}} : tensor<?xi32>) : tensor<?x?x64xf32> -> tensor<?x64xf32>
  %1 = nn.pool mean %0 lengths(%lengths : tensor<?xi32>) : tensor<?x?x64xf32> -> tensor<?x64xf32>
  return %1 : tensor<?x64xf32>
}

// -----

// CHECK-LABEL: @views
func.func @views(%x: tensor<?x9x64xf32>, %m: memref<?x9x64xf32>) -> (tensor<?x12x64xf32>, tensor<64x?x9xf32>) {
  // CHECK: nn.slice %{{.*}} axis 1 from 2 : tensor<?x9x64xf32> -> tensor<?x3x64xf32>
  %0 = nn.slice %x axis 1 from 2 : tensor<?x9x64xf32> -> tensor<?x3x64xf32>
  // CHECK: nn.concat %{{.*}}, %{{.*}} axis 1 : tensor<?x9x64xf32>, tensor<?x3x64xf32> -> tensor<?x12x64xf32>
  %1 = nn.concat %x, %0 axis 1 : tensor<?x9x64xf32>, tensor<?x3x64xf32> -> tensor<?x12x64xf32>
  // CHECK: nn.transpose %{{.*}} [2, 0, 1] : tensor<?x9x64xf32> -> tensor<64x?x9xf32>
  %2 = nn.transpose %x [2, 0, 1] : tensor<?x9x64xf32> -> tensor<64x?x9xf32>
  // CHECK: nn.slice %{{.*}} axis 2 from 60 : memref<?x9x64xf32> -> memref<?x9x4xf32, strided<[576, 64, 1], offset: ?>>
  %3 = nn.slice %m axis 2 from 60 : memref<?x9x64xf32> -> memref<?x9x4xf32, strided<[576, 64, 1], offset: ?>>
  return %1, %2 : tensor<?x12x64xf32>, tensor<64x?x9xf32>
}
