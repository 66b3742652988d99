// RUN: attn-opt %s --attn-cpu-attention=target=cpu:avx512f --canonicalize | FileCheck %s
// Weights in place of the output: keys in lanes, scores in the result until their sum is known.

// A task a sequence, key head and 32 positions; no library is called.
// CHECK-LABEL: tile.kernel @each_head
// CHECK-SAME: grid ["dim(0,0)", "2", "ceildiv(dim(0,1), 32)"]
// CHECK-NOT: attn.
// CHECK-DAG: memref.alloca() {{.*}} : memref<64x64xf32>
// CHECK-DAG: memref.alloca() {{.*}} : memref<16x64xf32>
// CHECK: vector.fma {{.*}} : vector<16xf32>
// A result has a place for each pair: neither row nor tile of it is kept anywhere else.
// CHECK: vector.store %{{.*}}, %arg4[%{{.*}}] : memref<?x4x?x?xf32
// CHECK-NOT: math.
// CHECK: tile.return
tile.kernel @each_head access ["read", "read", "read", "read", "write"] plan <rows = 64, keys = 64, form = "weights"> {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: !attn.cache<?x?x2x16xbf16>, %v: !attn.cache<?x?x2x16xbf16>,
     %keys: memref<?xi32, strided<[?], offset: ?>>, %a: memref<?x4x?x?xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  %seq = attn.padded keys(%keys : memref<?xi32, strided<[?], offset: ?>>) start bottom_right
  attn.generic exp sum queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : !attn.cache<?x?x2x16xbf16>)
      value(%v : !attn.cache<?x?x2x16xbf16>) scale %scale weights heads in %seq into(%a : memref<?x4x?x?xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  }
  tile.return
}

// Of a mean a task has all heads, one after the other.
// CHECK-LABEL: tile.kernel @mean
// CHECK-SAME: grid ["dim(0,0)", "ceildiv(dim(0,1), 32)"]
// CHECK-NOT: attn.
// CHECK: vector.load %arg3[%{{.*}}] : memref<?x?x?xf32
// CHECK: tile.return
tile.kernel @mean access ["read", "read", "read", "write"] plan <rows = 64, keys = 64, form = "weights"> {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>,
     %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %a: memref<?x?x?xf32, strided<[?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  attn.generic linear none queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>)
      value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale weights mean into(%a : memref<?x?x?xf32, strided<[?, ?, ?], offset: ?>>)
  tile.return
}
