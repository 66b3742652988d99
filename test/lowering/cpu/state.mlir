// RUN: attn-opt %s --attn-cpu-state=target=cpu:avx512f --canonicalize | FileCheck %s

// A task a sequence and key head: the state of 136 features (16 · 17 / 2) stands where it is left, chunks of 64 tokens meet
// it, and what is left runs without a library.

// CHECK-LABEL: tile.kernel @power
// CHECK-SAME: grid ["dim(0,0)", "2"]
// CHECK-NOT: attn.
// CHECK: memref.subview %{{.*}}[%{{.*}}, %{{.*}}, 0, 0] [1, 1, 136, 16]
// CHECK-NOT: memref<136x16xf32>
// CHECK: scf.for
// CHECK: vector.fma {{.*}} : vector<16xf32>
// CHECK-NOT: math.
// CHECK: tile.return
tile.kernel @power access ["read", "read", "read", "read", "read", "read", "write", "write", "write"] plan <rows = 64, keys = 64, form = "chunked"> {
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

// One token at a time is the same code with chunks of one.
// CHECK-LABEL: tile.kernel @one_by_one
// CHECK-NOT: attn.
// CHECK: memref<1x16xf32>
tile.kernel @one_by_one access ["read", "read", "read", "write"] plan <rows = 1, keys = 1, form = "recurrent"> {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  attn.generic linear none queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale into(%o : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  }
  tile.return
}
