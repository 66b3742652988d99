// RUN: attn-opt %s --attn-cpu-row-wise="target=cpu:avx512f+avx512bw+avx512vl" | FileCheck %s
// RUN: attn-opt %s --attn-cpu-row-wise="target=cpu" --attn-cpu-functions | FileCheck %s --check-prefix=FUNCTIONS
//
// A row-wise kernel becomes a loop over the task's rows, its ops vector loops over the features.
// FUNCTIONS-COUNT-7: func.func

// The sum is read three times and kept; the cast is computed where it is stored.
// CHECK-LABEL: tile.kernel @add_and_norm
// CHECK: %[[SUM:.*]] = memref.alloca() {alignment = 64 : i64} : memref<40xf32>
// CHECK: %[[NORM:.*]] = memref.alloca() {alignment = 64 : i64} : memref<40xf32>
// CHECK-NOT: memref.alloca
// CHECK: scf.for
// CHECK: arith.addf
// CHECK: vector.store %{{.*}}, %[[SUM]]
// CHECK: vector.maskedstore %[[SUM]]
// CHECK: vector.fma
// CHECK: math.sqrt
// CHECK: vector.store %{{.*}}, %[[NORM]]
// CHECK: vector.store {{.*}} vector<16xbf16>
// CHECK-NOT: nn.
tile.kernel @add_and_norm formats ["", "", "f32", "", ""] grid ["dim(0,0)", "ceildiv(dim(0,1), 64)"] plan <rows = 64, keys = 0, form = "rows"> {
^bb0(%x: memref<?x?x40xf32, strided<[?, ?, ?], offset: ?>>, %r: memref<?x?x40xf32, strided<[?, ?, ?], offset: ?>>, %g: !nn.weight<40>,
     %h: memref<?x?x40xf32, strided<[?, ?, ?], offset: ?>>, %n: memref<?x?x40xbf16, strided<[?, ?, ?], offset: ?>>, %b: index, %t: index):
  %0 = bufferization.to_tensor %x : memref<?x?x40xf32, strided<[?, ?, ?], offset: ?>> to tensor<?x?x40xf32>
  %1 = bufferization.to_tensor %r : memref<?x?x40xf32, strided<[?, ?, ?], offset: ?>> to tensor<?x?x40xf32>
  %2 = nn.add %0, %1 : tensor<?x?x40xf32>
  %3 = nn.rms_norm %2, %g epsilon 1.0e-5 : tensor<?x?x40xf32>, !nn.weight<40> -> tensor<?x?x40xf32>
  %4 = nn.cast %3 : tensor<?x?x40xf32> -> tensor<?x?x40xbf16>
  bufferization.materialize_in_destination %2 in restrict writable %h : (tensor<?x?x40xf32>, memref<?x?x40xf32, strided<[?, ?, ?], offset: ?>>) -> ()
  bufferization.materialize_in_destination %4 in restrict writable %n : (tensor<?x?x40xbf16>, memref<?x?x40xbf16, strided<[?, ?, ?], offset: ?>>) -> ()
  tile.return
}

// A token outside the table gives the kernel's error code.
// CHECK-LABEL: tile.kernel @table_in_blocks
// CHECK-SAME: formats ["", "q8_0", ""]
// CHECK: %{{.*}}: memref<100x2x34xi8>
// CHECK: %[[CODE:.*]] = scf.for {{.*}} iter_args({{.*}}) -> (i32)
// CHECK: arith.cmpi ult, %{{.*}}, %{{.*}} : i32
// CHECK: tile.return %[[CODE]] : i32
tile.kernel @table_in_blocks formats ["", "q8_0", ""] grid ["dim(0,0)", "ceildiv(dim(0,1), 64)"] plan <rows = 64, keys = 0, form = "rows"> {
^bb0(%tokens: memref<?x?xi32, strided<[?, ?], offset: ?>>, %w: !nn.weight<100x64>, %y: memref<?x?x64xf32, strided<[?, ?, ?], offset: ?>>, %b: index, %t: index):
  %0 = bufferization.to_tensor %tokens : memref<?x?xi32, strided<[?, ?], offset: ?>> to tensor<?x?xi32>
  %1 = nn.embed %0, %w : tensor<?x?xi32>, !nn.weight<100x64> -> tensor<?x?x64xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<?x?x64xf32>, memref<?x?x64xf32, strided<[?, ?, ?], offset: ?>>) -> ()
  tile.return
}

// Angles are counted in f64; a row beyond its sequence's length is not appended.
// CHECK-LABEL: tile.kernel @rotary_and_append
// CHECK: %[[CACHE:[a-z0-9]+]]: memref<?x?x3x64xbf16, strided<[?, ?, ?, 1], offset: ?>>
// CHECK: arith.mulf {{.*}} : vector<16xf64>
// CHECK: vector.shuffle
// CHECK: scf.if
// CHECK: vector.store {{.*}}, %[[CACHE]]{{.*}} vector<16xbf16>
tile.kernel @rotary_and_append grid ["dim(0,0)", "ceildiv(dim(0,1), 42)"] plan <rows = 42, keys = 0, form = "rows"> {
^bb0(%k: memref<?x?x3x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %lengths: memref<?xi32, strided<[?], offset: ?>>, %start: memref<?xi32, strided<[?], offset: ?>>,
     %cache: !attn.cache<?x?x3x64xbf16>, %b: index, %t: index):
  %0 = bufferization.to_tensor %k : memref<?x?x3x64xf32, strided<[?, ?, ?, ?], offset: ?>> to tensor<?x?x3x64xf32>
  %1 = bufferization.to_tensor %lengths : memref<?xi32, strided<[?], offset: ?>> to tensor<?xi32>
  %2 = bufferization.to_tensor %start : memref<?xi32, strided<[?], offset: ?>> to tensor<?xi32>
  %at = attn.padded queries(%1 : tensor<?xi32>) start %2 : tensor<?xi32>
  %3 = attn.rotary %0 at %at interleaved base 1.0e5 : tensor<?x?x3x64xf32>
  attn.append %cache, %3 at %at : !attn.cache<?x?x3x64xbf16>, tensor<?x?x3x64xf32>
  tile.return
}

// A row finds its sequence by its offsets; one past the last offset has none and is 0.
// CHECK-LABEL: tile.kernel @rotary_of_packed_rows
// CHECK: %[[N:.*]] = scf.for
// CHECK: arith.cmpi sle
// CHECK: arith.cmpi sle
// CHECK: %[[EXISTS:.*]] = arith.cmpi ne, %[[N]], %{{.*}} : index
// CHECK: scf.if %[[EXISTS]] -> (index)
// CHECK: arith.mulf {{.*}} : vector<16xf64>
// CHECK: scf.if %[[EXISTS]] {
// CHECK: arith.subf {{.*}} : vector<16xf32>
// CHECK: else
// CHECK-NOT: arith.subf
// CHECK: vector.maskedstore
tile.kernel @rotary_of_packed_rows grid ["ceildiv(dim(0,0), 64)"] plan <rows = 64, keys = 0, form = "rows"> {
^bb0(%x: memref<?x3x40xbf16, strided<[?, ?, ?], offset: ?>>, %query_offsets: memref<?xi32, strided<[?], offset: ?>>, %key_offsets: memref<?xi32, strided<[?], offset: ?>>, %y: memref<?x3x40xbf16, strided<[?, ?, ?], offset: ?>>, %r: index):
  %0 = bufferization.to_tensor %x : memref<?x3x40xbf16, strided<[?, ?, ?], offset: ?>> to tensor<?x3x40xbf16>
  %1 = bufferization.to_tensor %query_offsets : memref<?xi32, strided<[?], offset: ?>> to tensor<?xi32>
  %2 = bufferization.to_tensor %key_offsets : memref<?xi32, strided<[?], offset: ?>> to tensor<?xi32>
  %at = attn.packed %1, %2 : tensor<?xi32>, tensor<?xi32> start bottom_right
  %3 = attn.rotary %0 at %at halves base 1.0e4 width 24 : tensor<?x3x40xbf16>
  bufferization.materialize_in_destination %3 in restrict writable %y : (tensor<?x3x40xbf16>, memref<?x3x40xbf16, strided<[?, ?, ?], offset: ?>>) -> ()
  tile.return
}

// A row goes to its own sequence's part of the cache; rows of no sequence go nowhere.
// CHECK-LABEL: tile.kernel @append_of_packed_rows
// CHECK: %[[N:.*]] = scf.for
// CHECK: %[[EXISTS:.*]] = arith.cmpi ne, %[[N]], %{{.*}} : index
// CHECK: %[[POSITION:.*]] = scf.if %[[EXISTS]] -> (index)
// CHECK: memref.load %{{.*}}[%[[N]]]
// CHECK: scf.if %[[EXISTS]] {
// CHECK: vector.store %{{.*}}, %{{.*}}[%[[N]], %[[POSITION]], %{{.*}}, %{{.*}}] : memref<?x?x2x64xbf16
tile.kernel @append_of_packed_rows grid ["ceildiv(dim(0,0), 64)"] plan <rows = 64, keys = 0, form = "rows"> {
^bb0(%x: memref<?x2x64xf32, strided<[?, ?, ?], offset: ?>>, %offsets: memref<?xi32, strided<[?], offset: ?>>, %lengths: memref<?xi32, strided<[?], offset: ?>>, %cache: !attn.cache<?x?x2x64xbf16>, %r: index):
  %0 = bufferization.to_tensor %x : memref<?x2x64xf32, strided<[?, ?, ?], offset: ?>> to tensor<?x2x64xf32>
  %1 = bufferization.to_tensor %offsets : memref<?xi32, strided<[?], offset: ?>> to tensor<?xi32>
  %2 = bufferization.to_tensor %lengths : memref<?xi32, strided<[?], offset: ?>> to tensor<?xi32>
  %at = attn.packed %1 : tensor<?xi32> start %2 : tensor<?xi32>
  attn.append %cache, %0 at %at : !attn.cache<?x?x2x64xbf16>, tensor<?x2x64xf32>
  tile.return
}

// CHECK-LABEL: tile.kernel @quantised_rows
// CHECK: math.absf
// CHECK: vector.store {{.*}} : memref<?x2x40xi8, strided<[?, ?, 1], offset: ?>>, vector<4xi8>
// CHECK: arith.trunci {{.*}} : vector<16xi32> to vector<16xi8>
tile.kernel @quantised_rows grid ["ceildiv(dim(0,0), 64)"] plan <rows = 64, keys = 0, form = "rows"> {
^bb0(%x: memref<?x64xf32, strided<[?, ?], offset: ?>>, %y: memref<?x2x40xi8, strided<[?, ?, ?], offset: ?>>, %r: index):
  %0 = bufferization.to_tensor %x : memref<?x64xf32, strided<[?, ?], offset: ?>> to tensor<?x64xf32>
  %1 = nn.quantize %0 : tensor<?x64xf32> -> tensor<?x2x40xi8>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<?x2x40xi8>, memref<?x2x40xi8, strided<[?, ?, ?], offset: ?>>) -> ()
  tile.return
}

// An empty sequence reads nothing.
// CHECK-LABEL: tile.kernel @last_rows
// CHECK: vector.maskedload
tile.kernel @last_rows grid ["ceildiv(dim(1,0), 64)"] plan <rows = 64, keys = 0, form = "rows"> {
^bb0(%x: memref<?x?x64xf32, strided<[?, ?, ?], offset: ?>>, %lengths: memref<?xi32, strided<[?], offset: ?>>, %y: memref<?x64xf32, strided<[?, ?], offset: ?>>, %r: index):
  %0 = bufferization.to_tensor %x : memref<?x?x64xf32, strided<[?, ?, ?], offset: ?>> to tensor<?x?x64xf32>
  %1 = bufferization.to_tensor %lengths : memref<?xi32, strided<[?], offset: ?>> to tensor<?xi32>
  %2 = nn.pool last %0 lengths(%1 : tensor<?xi32>) : tensor<?x?x64xf32> -> tensor<?x64xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<?x64xf32>, memref<?x64xf32, strided<[?, ?], offset: ?>>) -> ()
  tile.return
}

// Dimensions of rows beyond the first are counted as one, and told apart at each row: their strides may be any.
// CHECK-LABEL: tile.kernel @heads
// CHECK: ^bb0(%{{.*}}, %[[N:[a-z0-9]+]]: index, %[[TASK:[a-z0-9]+]]: index)
// CHECK: %[[HEADS:.*]] = arith.constant 4 : index
// CHECK: %[[COUNT:.*]] = arith.muli %{{.*}}, %[[HEADS]]
// CHECK: arith.minsi %{{.*}}, %[[COUNT]]
// CHECK: scf.for %[[ROW:[a-z0-9]+]] =
// CHECK: %[[HEAD:.*]] = arith.remui %[[ROW]], %[[HEADS]]
// CHECK: %[[POSITION:.*]] = arith.divui %[[ROW]], %[[HEADS]]
// CHECK: vector.maskedload %{{.*}}[%[[N]], %[[POSITION]], %[[HEAD]], %{{.*}}]
tile.kernel @heads grid ["dim(0,0)", "ceildiv(dim(0,1) * dim(0,2), 64)"] plan <rows = 64, keys = 0, form = "rows"> {
^bb0(%x: memref<?x?x4x12xf32, strided<[?, ?, ?, ?], offset: ?>>, %y: memref<?x?x4x12xf32, strided<[?, ?, ?, ?], offset: ?>>, %b: index, %t: index):
  %0 = bufferization.to_tensor %x : memref<?x?x4x12xf32, strided<[?, ?, ?, ?], offset: ?>> to tensor<?x?x4x12xf32>
  %1 = nn.softmax %0 : tensor<?x?x4x12xf32> -> tensor<?x?x4x12xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<?x?x4x12xf32>, memref<?x?x4x12xf32, strided<[?, ?, ?, ?], offset: ?>>) -> ()
  tile.return
}
