// RUN: attn-opt %s --attn-cpu-contract="target=cpu:avx512f+avx512bw+avx512vl+avx512_bf16+avx512_vnni" | FileCheck %s
// RUN: attn-opt %s --attn-cpu-contract="target=cpu" --attn-cpu-functions | FileCheck %s --check-prefix=FUNCTIONS
//
// A linear layer becomes tiles with the input features in lanes, and an epilogue with the output features in lanes.
// FUNCTIONS-COUNT-4: func.func

// One row of weights at a time, read from the packed bytes, in independent sums; later rows are fetched ahead.
// CHECK-LABEL: tile.kernel @one_row_of_packed_weights
// CHECK-SAME: formats ["", "q4_1", ""]
// CHECK-NEXT: ^bb0(%[[X:.*]]: memref<?x64xf32, strided<[?, 1], offset: ?>>, %[[W:.*]]: memref<48x2x20xi8>,
// CHECK: %[[INPUT_SUMS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<1x32xf32>
// CHECK: %[[SUMS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<1x1x16xf32>
// CHECK-NOT: memref.alloca
// CHECK: scf.for
// CHECK: scf.for
// CHECK: memref.prefetch %[[W]]
// CHECK: vector.load %[[W]]{{.*}} : memref<48x2x20xi8>, vector<4xi8>
// CHECK: vector.load %[[W]]{{.*}} : memref<48x2x20xi8>, vector<16xi8>
// CHECK-COUNT-4: vector.fma
// CHECK: vector.store %{{.*}}, %[[SUMS]]{{.*}} : memref<1x1x16xf32>, vector<4xf32>
// CHECK-NOT: nn.contract
tile.kernel @one_row_of_packed_weights formats ["", "q4_1", ""] grid ["3"] plan <rows = 0, keys = 16, form = "vector"> {
^bb0(%x: memref<?x64xf32, strided<[?, ?], offset: ?>>, %w: !nn.weight<48x64>, %y: memref<?x48xf32, strided<[?, ?], offset: ?>>, %block: index):
  nn.contract %x weights(%w : !nn.weight<48x64>) into(%y : memref<?x48xf32, strided<[?, ?], offset: ?>>) {
  ^bb0(%a: f32):
    nn.yield %a : f32
  } : memref<?x64xf32, strided<[?, ?], offset: ?>>
  tile.return
}

// CHECK-LABEL: tile.kernel @one_row_of_bf16_by_packed_weights
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.permvar.hi.512"
// CHECK: x86vector.avx512.dot {{.*}} : vector<32xbf16> -> vector<16xf32>
tile.kernel @one_row_of_bf16_by_packed_weights formats ["", "q4_1", ""] grid ["3"] plan <rows = 0, keys = 16, form = "vector"> {
^bb0(%x: memref<?x64xbf16, strided<[?, ?], offset: ?>>, %w: !nn.weight<48x64>, %y: memref<?x48xf32, strided<[?, ?], offset: ?>>, %block: index):
  nn.contract %x weights(%w : !nn.weight<48x64>) into(%y : memref<?x48xf32, strided<[?, ?], offset: ?>>) {
  ^bb0(%a: f32):
    nn.yield %a : f32
  } : memref<?x64xbf16, strided<[?, ?], offset: ?>>
  tile.return
}

// Many rows: the task's weights become bf16 rows once; the exponential of the epilogue is arithmetic on lanes.
// CHECK-LABEL: tile.kernel @many_rows_in_bf16
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<32x64xbf16>
// CHECK: x86vector.avx512.dot {{.*}} : vector<32xbf16> -> vector<16xf32>
// CHECK-NOT: math.exp
// CHECK: vector.store {{.*}}vector<16xbf16>
tile.kernel @many_rows_in_bf16 formats ["", "q8_0", "q8_0", ""] grid ["ceildiv(dim(0,0) * dim(0,1), 132)", "3"] plan <rows = 132, keys = 16, form = "matrix"> {
^bb0(%x: memref<?x?x64xbf16, strided<[?, ?, ?], offset: ?>>, %w: !nn.weight<48x64>, %u: !nn.weight<48x64>,
     %y: memref<?x?x48xbf16, strided<[?, ?, ?], offset: ?>>, %rows: index, %block: index):
  nn.contract %x weights(%w, %u : !nn.weight<48x64>, !nn.weight<48x64>) into(%y : memref<?x?x48xbf16, strided<[?, ?, ?], offset: ?>>) {
  ^bb0(%gate: f32, %up: f32):
    %one = arith.constant 1.0 : f32
    %n = arith.negf %gate : f32
    %e = math.exp %n : f32
    %d = arith.addf %one, %e : f32
    %s = arith.divf %gate, %d : f32
    %r = arith.mulf %s, %up : f32
    nn.yield %r : f32
  } : memref<?x?x64xbf16, strided<[?, ?, ?], offset: ?>>
  tile.return
}

// Quantised input: 32 products of a block in one instruction, q8_0 with the signs moved to the input.
// CHECK-LABEL: tile.kernel @quantised_input
// CHECK: llvm.call_intrinsic "llvm.x86.avx2.psign.b"
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.256"
tile.kernel @quantised_input formats ["", "q8_0", ""] grid ["3"] plan <rows = 0, keys = 16, form = "vector"> {
^bb0(%x: memref<?x2x40xi8, strided<[?, ?, ?], offset: ?>>, %w: !nn.weight<48x64>, %y: memref<?x48xf32, strided<[?, ?], offset: ?>>, %block: index):
  nn.contract %x weights(%w : !nn.weight<48x64>) into(%y : memref<?x48xf32, strided<[?, ?], offset: ?>>) {
  ^bb0(%a: f32):
    nn.yield %a : f32
  } : memref<?x2x40xi8, strided<[?, ?, ?], offset: ?>>
  tile.return
}

// Sizes that no vector divides: lanes beyond the end are masked, features beyond the end are the last one again.
// CHECK-LABEL: tile.kernel @odd_sizes
// CHECK: arith.minsi
// CHECK: vector.maskedload {{.*}} : memref<5x7xf32>
// CHECK: scf.if
// CHECK: vector.maskedstore
tile.kernel @odd_sizes formats ["", "f32", ""] grid ["1"] plan <rows = 0, keys = 16, form = "vector"> {
^bb0(%x: memref<?x7xf32, strided<[?, ?], offset: ?>>, %w: !nn.weight<5x7>, %y: memref<?x5xf32, strided<[?, ?], offset: ?>>, %block: index):
  nn.contract %x weights(%w : !nn.weight<5x7>) into(%y : memref<?x5xf32, strided<[?, ?], offset: ?>>) {
  ^bb0(%a: f32):
    nn.yield %a : f32
  } : memref<?x7xf32, strided<[?, ?], offset: ?>>
  tile.return
}
