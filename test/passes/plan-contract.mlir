// RUN: attn-opt %s --attn-plan="target=cpu:avx512f" --split-input-file | FileCheck %s
//
// Kernels that read weights exist once for each storage format; linear layers once for few rows and once for many.

// The vector form is tried first; a task of it has fewer features, so that there are tasks for many threads.
// CHECK-LABEL: tile.kernel @residual_f32_vector implements "residual" when "dim(3,0) * dim(3,1) <= 3" formats ["", "f32", "", ""]
// CHECK-SAME: grid ["18"] plan <rows = 0, keys = 32, form = "vector">
// CHECK: tile.kernel @residual_f32_matrix implements "residual" formats ["", "f32", "", ""]
// CHECK-SAME: grid ["ceildiv(dim(3,0) * dim(3,1), 132)", "9"] plan <rows = 132, keys = 64, form = "matrix">
// CHECK-NEXT: ^bb0({{.*}}, %{{.*}}: index, %{{.*}}: index):
// CHECK: tile.kernel @residual_bf16_vector
// CHECK: tile.kernel @residual_q4_1_matrix {{.*}} formats ["", "q4_1", "", ""]
// CHECK-NOT: tile.kernel @residual {
tile.kernel @residual {
^bb0(%x: memref<?x?x576xf32, strided<[?, ?, ?], offset: ?>>, %w: !nn.weight<576x576>, %r: memref<?x?x576xf32, strided<[?, ?, ?], offset: ?>>,
     %y: memref<?x?x576xf32, strided<[?, ?, ?], offset: ?>>):
  nn.contract %x weights(%w : !nn.weight<576x576>) extras(%r : memref<?x?x576xf32, strided<[?, ?, ?], offset: ?>>)
      into(%y : memref<?x?x576xf32, strided<[?, ?, ?], offset: ?>>) {
  ^bb0(%a: f32, %e: f32):
    %s = arith.addf %a, %e : f32
    nn.yield %s : f32
  } : memref<?x?x576xf32, strided<[?, ?, ?], offset: ?>>
  tile.return
}

// -----

// Rows of 100 elements are no whole number of blocks: there is no q4_1 form. Two weights share the cache of a task.
// CHECK: tile.kernel @odd_bf16_matrix
// CHECK-NOT: q4_1
tile.kernel @odd {
^bb0(%x: memref<?x100xf32, strided<[?, ?], offset: ?>>, %w: !nn.weight<48x100>, %y: memref<?x48xf32, strided<[?, ?], offset: ?>>):
  nn.contract %x weights(%w : !nn.weight<48x100>) into(%y : memref<?x48xf32, strided<[?, ?], offset: ?>>) {
  ^bb0(%a: f32):
    nn.yield %a : f32
  } : memref<?x100xf32, strided<[?, ?], offset: ?>>
  tile.return
}

// -----

// A bias is no matrix: it stays in f32 where the weights are in blocks.
// CHECK: tile.kernel @bias_f32_vector {{.*}} formats ["", "f32", "f32", ""]
// CHECK: tile.kernel @bias_bf16_vector {{.*}} formats ["", "bf16", "bf16", ""]
// CHECK: tile.kernel @bias_bf16_f32_vector {{.*}} formats ["", "bf16", "f32", ""]
// CHECK: tile.kernel @bias_q4_1_f32_vector {{.*}} formats ["", "q4_1", "f32", ""]
tile.kernel @bias {
^bb0(%x: memref<?x64xf32, strided<[?, ?], offset: ?>>, %w: !nn.weight<64x64>, %b: !nn.weight<64>, %y: memref<?x64xf32, strided<[?, ?], offset: ?>>):
  nn.contract %x weights(%w : !nn.weight<64x64>) vectors(%b : !nn.weight<64>) into(%y : memref<?x64xf32, strided<[?, ?], offset: ?>>) {
  ^bb0(%a: f32, %c: f32):
    %s = arith.addf %a, %c : f32
    nn.yield %s : f32
  } : memref<?x64xf32, strided<[?, ?], offset: ?>>
  tile.return
}

// -----

// CHECK: tile.kernel @norm_f32 implements "norm" formats ["", "f32", ""] grid ["dim(2,0)", "ceildiv(dim(2,1), 14)"] plan <rows = 14, keys = 0, form = "rows">
// CHECK: tile.kernel @norm_bf16 implements "norm" formats ["", "bf16", ""]
// CHECK-NOT: q4_1
tile.kernel @norm {
^bb0(%x: memref<?x?x576xf32, strided<[?, ?, ?], offset: ?>>, %g: !nn.weight<576>, %y: memref<?x?x576xf32, strided<[?, ?, ?], offset: ?>>):
  %0 = bufferization.to_tensor %x : memref<?x?x576xf32, strided<[?, ?, ?], offset: ?>> to tensor<?x?x576xf32>
  %1 = nn.rms_norm %0, %g epsilon 1.0e-5 : tensor<?x?x576xf32>, !nn.weight<576> -> tensor<?x?x576xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<?x?x576xf32>, memref<?x?x576xf32, strided<[?, ?, ?], offset: ?>>) -> ()
  tile.return
}

// -----

// Of three dimensions of rows the first is one of the grid, and tasks cut the others as if they were one; of none there is one row.
// CHECK: tile.kernel @heads grid ["dim(1,0)", "ceildiv(dim(1,1) * dim(1,2), 64)"] plan <rows = 64, keys = 0, form = "rows">
// CHECK-NEXT: ^bb0({{.*}}, %{{.*}}: index, %{{.*}}: index):
tile.kernel @heads {
^bb0(%x: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %y: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %0 = bufferization.to_tensor %x : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>> to tensor<?x?x4x16xf32>
  %1 = nn.layer_norm %0 epsilon 1.0e-6 : tensor<?x?x4x16xf32> -> tensor<?x?x4x16xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<?x?x4x16xf32>, memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) -> ()
  tile.return
}

// CHECK: tile.kernel @one_row grid ["ceildiv(1, 64)"]
tile.kernel @one_row {
^bb0(%x: memref<40xf32, strided<[?], offset: ?>>, %y: memref<40xf32, strided<[?], offset: ?>>):
  %0 = bufferization.to_tensor %x : memref<40xf32, strided<[?], offset: ?>> to tensor<40xf32>
  %1 = nn.softmax %0 : tensor<40xf32> -> tensor<40xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<40xf32>, memref<40xf32, strided<[?], offset: ?>>) -> ()
  tile.return
}

// -----

// What a file of weights has, and nothing else: a gain and a bias of two formats, in this or that order.
// CHECK: tile.kernel @layer_norm_bf16_f32 implements "layer_norm" formats ["", "bf16", "f32", ""]
// CHECK: tile.kernel @layer_norm_f16 implements "layer_norm" formats ["", "f16", "f16", ""]
// CHECK-NOT: tile.kernel
// CHECK-NOT: stored_formats
tile.kernel @layer_norm {
^bb0(%x: memref<?x?x64xf32, strided<[?, ?, ?], offset: ?>>, %g: !nn.weight<64>, %b: !nn.weight<64>,
     %y: memref<?x?x64xf32, strided<[?, ?, ?], offset: ?>>):
  %0 = bufferization.to_tensor %x : memref<?x?x64xf32, strided<[?, ?, ?], offset: ?>> to tensor<?x?x64xf32>
  %1 = nn.layer_norm %0 gain %g : !nn.weight<64> bias %b : !nn.weight<64> epsilon 1.0e-5 : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<?x?x64xf32>, memref<?x?x64xf32, strided<[?, ?, ?], offset: ?>>) -> ()
  tile.return
} {stored_formats = [["bf16", "f32"], ["f16", "f16"]]}
