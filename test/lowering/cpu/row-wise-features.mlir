// RUN: attn-opt %s --attn-cpu-row-wise="target=cpu:avx512f+avx512bw+avx512vl" | FileCheck %s
// RUN: attn-opt %s --attn-cpu-row-wise="target=cpu" --attn-cpu-functions | FileCheck %s --check-prefix=FUNCTIONS
//
// Ops over the features of a row, and ops that gather rows, as vector loops.
// FUNCTIONS-COUNT-4: func.func

// The mean is taken out before squares are summed, and lanes beyond the end are 0 then.
// CHECK-LABEL: tile.kernel @layer_norm
// CHECK: %[[MEAN:.*]] = vector.broadcast
// CHECK: arith.subf %{{.*}}, %[[MEAN]]
// CHECK: vector.fma
// CHECK: arith.select %{{.*}} : vector<16xi1>, vector<16xf32>
// CHECK: math.sqrt
// CHECK-NOT: nn.
tile.kernel @layer_norm formats ["", "f32", "f32", ""] grid ["ceildiv(dim(0,0), 64)"] plan <rows = 64, keys = 0, form = "rows"> {
^bb0(%x: memref<?x40xf32, strided<[?, ?], offset: ?>>, %g: !nn.weight<40>, %b: !nn.weight<40>, %y: memref<?x40xf32, strided<[?, ?], offset: ?>>, %t: index):
  %0 = bufferization.to_tensor %x : memref<?x40xf32, strided<[?, ?], offset: ?>> to tensor<?x40xf32>
  %1 = nn.layer_norm %0 gain %g : !nn.weight<40> bias %b : !nn.weight<40> epsilon 1.0e-5 : tensor<?x40xf32> -> tensor<?x40xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<?x40xf32>, memref<?x40xf32, strided<[?, ?], offset: ?>>) -> ()
  tile.return
}

// One pass for each of the five, from the last one found on; a function of the whole row, and no call.
// CHECK-LABEL: tile.kernel @top_k
// CHECK: scf.for %{{.*}} iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}) -> (f32, i32)
// CHECK: vector.reduction <minsi>
// CHECK: memref.store %{{.*}}, %{{.*}} : memref<?x5xi32
// CHECK-NOT: nn.
tile.kernel @top_k grid ["ceildiv(dim(0,0), 64)"] plan <rows = 64, keys = 0, form = "rows"> {
^bb0(%x: memref<?x40xf32, strided<[?, ?], offset: ?>>, %v: memref<?x5xf32, strided<[?, ?], offset: ?>>, %i: memref<?x5xi32, strided<[?, ?], offset: ?>>, %t: index):
  %0 = bufferization.to_tensor %x : memref<?x40xf32, strided<[?, ?], offset: ?>> to tensor<?x40xf32>
  %1, %2 = nn.top_k %0 : tensor<?x40xf32> -> tensor<?x5xf32>, tensor<?x5xi32>
  bufferization.materialize_in_destination %1 in restrict writable %v : (tensor<?x5xf32>, memref<?x5xf32, strided<[?, ?], offset: ?>>) -> ()
  bufferization.materialize_in_destination %2 in restrict writable %i : (tensor<?x5xi32>, memref<?x5xi32, strided<[?, ?], offset: ?>>) -> ()
  tile.return
}

// A position outside the table fails where the row is one of its sequence.
// CHECK-LABEL: tile.kernel @add_positions
// CHECK: %[[CODE:.*]] = scf.for {{.*}} iter_args({{.*}}) -> (i32)
// CHECK: %[[EXISTS:.*]] = arith.cmpi slt
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult
// CHECK: %[[RESTS:.*]] = arith.xori %[[EXISTS]], %{{.*}} : i1
// CHECK: arith.ori %[[INSIDE]], %[[RESTS]] : i1
// CHECK: tile.return %[[CODE]] : i32
tile.kernel @add_positions formats ["", "f32", "", "", ""] grid ["dim(0,0)", "ceildiv(dim(0,1), 64)"] plan <rows = 64, keys = 0, form = "rows"> {
^bb0(%x: memref<?x?x64xf32, strided<[?, ?, ?], offset: ?>>, %w: !nn.weight<20x64>, %lengths: memref<?xi32, strided<[?], offset: ?>>,
     %start: memref<?xi32, strided<[?], offset: ?>>, %y: memref<?x?x64xf32, strided<[?, ?, ?], offset: ?>>, %b: index, %t: index):
  %0 = bufferization.to_tensor %x : memref<?x?x64xf32, strided<[?, ?, ?], offset: ?>> to tensor<?x?x64xf32>
  %1 = bufferization.to_tensor %lengths : memref<?xi32, strided<[?], offset: ?>> to tensor<?xi32>
  %2 = bufferization.to_tensor %start : memref<?xi32, strided<[?], offset: ?>> to tensor<?xi32>
  %at = attn.padded queries(%1 : tensor<?xi32>) start %2 : tensor<?xi32>
  %3 = nn.add_positions %0, %w at %at : tensor<?x?x64xf32>, !nn.weight<20x64>
  bufferization.materialize_in_destination %3 in restrict writable %y : (tensor<?x?x64xf32>, memref<?x?x64xf32, strided<[?, ?, ?], offset: ?>>) -> ()
  tile.return
}

// Pixels go from four dimensions to a row; the rows are the destination's.
// CHECK-LABEL: tile.kernel @patchify
// CHECK: %[[PATCHES:.*]] = arith.constant 15 : index
// CHECK: arith.minsi %{{.*}}, %[[PATCHES]]
// CHECK: arith.divui
// CHECK: arith.remui
// CHECK: vector.maskedload %{{.*}} : memref<?x3x12x20xf32
tile.kernel @patchify grid ["dim(1,0)", "ceildiv(dim(1,1), 64)"] plan <rows = 64, keys = 0, form = "rows"> {
^bb0(%x: memref<?x3x12x20xf32, strided<[?, ?, ?, ?], offset: ?>>, %y: memref<?x15x48xf32, strided<[?, ?, ?], offset: ?>>, %b: index, %t: index):
  %0 = bufferization.to_tensor %x : memref<?x3x12x20xf32, strided<[?, ?, ?, ?], offset: ?>> to tensor<?x3x12x20xf32>
  %1 = nn.patchify %0 size 4 : tensor<?x3x12x20xf32> -> tensor<?x15x48xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<?x15x48xf32>, memref<?x15x48xf32, strided<[?, ?, ?], offset: ?>>) -> ()
  tile.return
}
