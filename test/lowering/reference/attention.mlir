// RUN: attn-opt %s --attn-reference --split-input-file | FileCheck %s
// A kernel on memrefs becomes one task a row and head: a pass for the maximum, a pass for the sums, a division.

// CHECK-LABEL: tile.kernel @causal_over_a_cache
// CHECK-SAME: grid ["dim(5,0)", "dim(5,1)", "9"]
// CHECK-NEXT: ^bb0({{.*}}, %[[K:.*]]: memref<?x?x3x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, %[[V:.*]]: memref<?x?x3x64xbf16, {{.*}}>, {{.*}}: index, %{{.*}}: index, %[[H:.*]]: index):
tile.kernel @causal_over_a_cache access ["read", "read", "read", "read", "read", "write"] {
^bb0(%q: memref<?x?x9x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: !attn.cache<?x?x3x64xbf16>, %v: !attn.cache<?x?x3x64xbf16>,
     %lengths: memref<?xi32, strided<[?], offset: ?>>, %start: memref<?xi32, strided<[?], offset: ?>>,
     %o: memref<?x?x9x64xbf16, strided<[?, ?, ?, ?], offset: ?>>):
  // CHECK: %[[SUMS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<64xf32>
  // The maximum of what the mask admits.
  // CHECK: %[[MAXIMUM:.*]] = scf.for %{{.*}} = %{{.*}} to %[[KEYS:.*]] step %{{.*}} iter_args(%[[M:.*]] = %{{.*}}) -> (f32) {
  // CHECK: arith.cmpi sle
  // CHECK: scf.if
  // CHECK: scf.for %{{.*}} -> (f32) {
  // CHECK: arith.divui %[[H]], %{{.*}} : index
  // CHECK: memref.load %[[K]]
  // CHECK: arith.mulf
  // CHECK: arith.addf
  // CHECK: arith.maximumf %[[M]]
  // The sums; no function of a library is left.
  // CHECK: scf.for %{{.*}} = %{{.*}} to %[[KEYS]] step
  // CHECK-NOT: math.exp
  // CHECK: memref.load %[[V]]
  // CHECK: memref.store %{{.*}}, %[[SUMS]]
  // The division, 0 where there is no key.
  // CHECK: %[[EMPTY:.*]] = arith.cmpf oeq
  // CHECK: arith.divf
  // CHECK: arith.select %[[EMPTY]]
  // CHECK-NOT: arith.truncf
  // CHECK: memref.store %{{.*}} : memref<?x?x9x64xbf16
  // CHECK-NOT: attn.
  // CHECK: tile.return
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded queries(%lengths : memref<?xi32, strided<[?], offset: ?>>) start %start : memref<?xi32, strided<[?], offset: ?>>
  attn.generic exp sum queries(%q : memref<?x?x9x64xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : !attn.cache<?x?x3x64xbf16>)
      value(%v : !attn.cache<?x?x3x64xbf16>) scale %scale in %seq
      into(%o : memref<?x?x9x64xbf16, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %a = arith.cmpi sle, %j, %i : i32
    attn.yield %a : i1
  }
  tile.return
}

// -----

// CHECK-LABEL: tile.kernel @packed_documents
// CHECK-SAME: grid ["1", "dim(3,0)", "4"]
tile.kernel @packed_documents access ["read", "read", "read", "write"] {
^bb0(%q: memref<?x4x16xf32, strided<[?, ?, ?], offset: ?>>, %k: memref<?x4x16xf32, strided<[?, ?, ?], offset: ?>>,
     %offsets: memref<?xi32, strided<[?], offset: ?>>, %o: memref<?x4x16xf32, strided<[?, ?, ?], offset: ?>>):
  // The document in which the row lies: how many offsets are at most the row.
  // CHECK: scf.for %{{.*}} iter_args(%[[DOCUMENT:.*]] = %{{.*}}) -> (index) {
  // CHECK: arith.cmpi sle
  // CHECK: arith.addi %[[DOCUMENT]]
  %scale = arith.constant 2.500000e-01 : f32
  %seq = attn.packed %offsets, %offsets : memref<?xi32, strided<[?], offset: ?>>, memref<?xi32, strided<[?], offset: ?>> start top_left
  attn.generic exp sum queries(%q : memref<?x4x16xf32, strided<[?, ?, ?], offset: ?>>)
      keys(%k : memref<?x4x16xf32, strided<[?, ?, ?], offset: ?>>) value(%k : memref<?x4x16xf32, strided<[?, ?, ?], offset: ?>>)
      scale %scale in %seq into(%o : memref<?x4x16xf32, strided<[?, ?, ?], offset: ?>>)
  tile.return
}
