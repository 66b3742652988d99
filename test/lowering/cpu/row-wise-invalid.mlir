// RUN: attn-opt %s --attn-cpu-row-wise --split-input-file --verify-diagnostics

tile.kernel @packed_rows grid ["ceildiv(dim(0,0), 64)"] plan <rows = 64, keys = 0, form = "rows"> {
^bb0(%x: memref<?x2x64xf32, strided<[?, ?, ?], offset: ?>>, %y: memref<?x2x64xf32, strided<[?, ?, ?], offset: ?>>, %r: index):
  %0 = bufferization.to_tensor %x : memref<?x2x64xf32, strided<[?, ?, ?], offset: ?>> to tensor<?x2x64xf32>
  // expected-error @below {{expects rows by (sequence, position) on the CPU, but got 1 row dimensions; use attn.padded}}
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
