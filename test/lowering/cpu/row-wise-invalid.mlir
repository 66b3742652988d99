// RUN: attn-opt %s --attn-cpu-row-wise --split-input-file --verify-diagnostics

tile.kernel @packed_rows_without_offsets grid ["ceildiv(dim(0,0), 64)"] plan <rows = 64, keys = 0, form = "rows"> {
^bb0(%x: memref<?x2x64xf32, strided<[?, ?, ?], offset: ?>>, %y: memref<?x2x64xf32, strided<[?, ?, ?], offset: ?>>, %r: index):
  %0 = bufferization.to_tensor %x : memref<?x2x64xf32, strided<[?, ?, ?], offset: ?>> to tensor<?x2x64xf32>
  // expected-error @below {{expects rows by (sequence, position), but got 1 row dimensions; say by attn.packed where sequences begin}}
  %1 = attn.rotary %0 interleaved base 1.0e5 : tensor<?x2x64xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<?x2x64xf32>, memref<?x2x64xf32, strided<[?, ?, ?], offset: ?>>) -> ()
  tile.return
}

// -----

tile.kernel @quantised_rows_read_again grid ["ceildiv(dim(0,0), 64)"] plan <rows = 64, keys = 0, form = "rows"> {
^bb0(%x: memref<?x64xf32, strided<[?, ?], offset: ?>>, %y: memref<?x2x40xi8, strided<[?, ?, ?], offset: ?>>, %r: index):
  %0 = bufferization.to_tensor %x : memref<?x64xf32, strided<[?, ?], offset: ?>> to tensor<?x64xf32>
  // expected-error @below {{expects its result to be a result of the kernel; no row-wise op reads quantised rows}}
  %1 = nn.quantize %0 : tensor<?x64xf32> -> tensor<?x2x40xi8>
  %2 = nn.add %1, %1 : tensor<?x2x40xi8>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<?x2x40xi8>, memref<?x2x40xi8, strided<[?, ?, ?], offset: ?>>) -> ()
  tile.return
}

// -----

tile.kernel @offsets_of_rows_by_sequence grid ["dim(0,0)", "ceildiv(dim(0,1), 64)"] plan <rows = 64, keys = 0, form = "rows"> {
^bb0(%x: memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %offsets: memref<?xi32, strided<[?], offset: ?>>, %y: memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %b: index, %t: index):
  %0 = bufferization.to_tensor %x : memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>> to tensor<?x?x2x64xf32>
  %1 = bufferization.to_tensor %offsets : memref<?xi32, strided<[?], offset: ?>> to tensor<?xi32>
  %at = attn.packed %1, %1 : tensor<?xi32>, tensor<?xi32> start top_left
  // expected-error @below {{expects one row dimension at attn.packed, but got 2; use attn.padded}}
  %2 = attn.rotary %0 at %at interleaved base 1.0e5 : tensor<?x?x2x64xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<?x?x2x64xf32>, memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>) -> ()
  tile.return
}

// -----

tile.kernel @bottom_right_without_keys grid ["dim(0,0)", "ceildiv(dim(0,1), 64)"] plan <rows = 64, keys = 0, form = "rows"> {
^bb0(%x: memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %y: memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %b: index, %t: index):
  %0 = bufferization.to_tensor %x : memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>> to tensor<?x?x2x64xf32>
  %at = attn.padded start bottom_right
  // expected-error @below {{expects lengths of queries and keys where rows start bottom_right; give them to attn.padded}}
  %1 = attn.rotary %0 at %at interleaved base 1.0e5 : tensor<?x?x2x64xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<?x?x2x64xf32>, memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>) -> ()
  tile.return
}
