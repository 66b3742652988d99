// RUN: attn-opt %s --attn-reference | FileCheck %s

// Gates add up in f64; behind the rows stands one more task a sequence, for the state that is left.

// CHECK-LABEL: tile.kernel @power
// CHECK-SAME: grid ["dim(6,0)", "dim(6,1) + 1", "4"]
// CHECK-NOT: attn.
// CHECK: memref.alloca() {{.*}} : memref<1xf64>
// CHECK: %[[ROWS:.*]] = memref.dim %[[OUTPUT:.*]], %c1
// CHECK: arith.cmpi slt, %{{.*}}, %[[ROWS]] : index
// CHECK: memref.store %{{.*}}, %[[OUTPUT]]
// CHECK: memref.store %{{.*}} : memref<?x2x136x16xf32
// CHECK: memref.store %{{.*}} : memref<?x2x136xf32
tile.kernel @power access ["read", "read", "read", "read", "read", "read", "write", "write", "write"] {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %g: memref<?x?x2xf32, strided<[?, ?, ?], offset: ?>>, %U0: memref<?x2x136x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %u0: memref<?x2x136xf32, strided<[?, ?, ?], offset: ?>>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %U: memref<?x2x136x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %u: memref<?x2x136xf32, strided<[?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  attn.generic linear sum queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale power 2
      gates(%g : memref<?x?x2xf32, strided<[?, ?, ?], offset: ?>>) state(%U0, %u0 : memref<?x2x136x16xf32, strided<[?, ?, ?, ?], offset: ?>>, memref<?x2x136xf32, strided<[?, ?, ?], offset: ?>>)
      into(%o, %U, %u : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, memref<?x2x136x16xf32, strided<[?, ?, ?, ?], offset: ?>>, memref<?x2x136xf32, strided<[?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  }
  tile.return
}
