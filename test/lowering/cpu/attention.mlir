// RUN: attn-opt %s --attn-tile --attn-cpu-attention=target=cpu:avx512f --canonicalize | FileCheck %s

// Queries stand in lanes; full ranges have no mask code; what is left runs without a library.

// CHECK-LABEL: tile.kernel @causal
// CHECK-NOT: tile.sweep
// CHECK: scf.for
// CHECK: vector.fma {{.*}} : vector<16xf32>
// CHECK-NOT: math.
// CHECK: tile.return
tile.kernel @causal access ["read", "read", "read", "read", "read", "write"] plan <rows = 64, keys = 64, form = "prefill"> {
^bb0(%q: memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, %lengths: memref<?xi32, strided<[?], offset: ?>>, %w: i32, %o: memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded queries(%lengths : memref<?xi32, strided<[?], offset: ?>>) start bottom_right
  attn.generic exp sum queries(%q : memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>)
      scale %scale in %seq captures(%w : i32) into(%o : memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %c: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  }
  tile.return
}
