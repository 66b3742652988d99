// RUN: attn-opt %s --attn-cpu-state=target=cpu:avx2 --split-input-file --verify-diagnostics
// What has no state over keys.

tile.kernel @exponentials access ["read", "read", "read", "write"] plan <rows = 64, keys = 64, form = "chunked"> {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  // expected-error @+1 {{has weights that are exponentials of scores, which are no sum over features; plan the kernel for the target it is lowered for}}
  attn.generic exp sum queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale into(%o : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  }
  tile.return
}
