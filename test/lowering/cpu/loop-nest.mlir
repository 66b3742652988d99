// RUN: attn-opt %s --attn-cpu-loop-nest="target=cpu:avx512f+avx512bw+avx512vl" | FileCheck %s
// RUN: attn-opt %s --attn-cpu-loop-nest="target=cpu" --attn-cpu-functions | FileCheck %s --check-prefix=FUNCTIONS
//
// Nests of loops: the last loop of the result in lanes where that can be, else the innermost sum, else scalars.
// FUNCTIONS-COUNT-3: func.func

// The features of the result lie along those of the weight: lanes. 20 of them are 16 in lanes and four one by one.
// CHECK-LABEL: tile.kernel @product_of_each_head
// CHECK: scf.for
// CHECK: vector.load %{{.*}} : memref<{{.*}}>, vector<16xf32>
// CHECK: vector.broadcast
// CHECK: arith.mulf %{{.*}} : vector<16xf32>
// CHECK: vector.store
// CHECK: memref.store
// CHECK-NOT: nn.
tile.kernel @product_of_each_head formats ["", "f32", ""] grid ["dim(0,0)", "ceildiv(dim(0,1), 4)"] plan <rows = 4, keys = 0, form = "loops"> {
^bb0(%x: memref<?x?x8x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %w: !nn.weight<512x20>, %y: memref<?x?x8x20xf32, strided<[?, ?, ?, ?], offset: ?>>, %b: index, %t: index):
  nn.generic ins(%x, %w : memref<?x?x8x64xf32, strided<[?, ?, ?, ?], offset: ?>>, !nn.weight<512x20>)
    maps [affine_map<(n, t, h, e, d) -> (n, t, h, d)>, affine_map<(n, t, h, e, d) -> (h * 64 + d, e)>] init 0.0 : f32
    into(%y : memref<?x?x8x20xf32, strided<[?, ?, ?, ?], offset: ?>>) {
  ^bb0(%a: f32, %c: f32, %sum: f32, %0: i32, %1: i32, %2: i32, %3: i32, %4: i32):
    %p = arith.mulf %a, %c : f32
    %s = arith.addf %sum, %p : f32
    nn.yield %s : f32
  }
  tile.return
}

// A sum along the input's last dimension: each lane has a part of it. The index of the sample may be outside of the input.
// CHECK-LABEL: tile.kernel @sampled_sum
// CHECK: arith.cmpi ult
// CHECK: scf.if
// CHECK: vector.load
// CHECK: vector.extract
// CHECK-NOT: nn.
tile.kernel @sampled_sum grid ["ceildiv(dim(0,0), 64)"] plan <rows = 64, keys = 0, form = "loops"> {
^bb0(%x: memref<?x?x32xbf16, strided<[?, ?, ?], offset: ?>>, %y: memref<?x16xf32, strided<[?, ?], offset: ?>>, %b: index):
  nn.generic ins(%x : memref<?x?x32xbf16, strided<[?, ?, ?], offset: ?>>) maps [affine_map<(n, i, d) -> (n, i, d)>] init 0.0 : f32
    into(%y : memref<?x16xf32, strided<[?, ?], offset: ?>>) {
  ^bb0(%a: f32, %sum: f32, %0: i32, %1: i32, %2: i32):
    %s = arith.addf %sum, %a : f32
    nn.yield %s : f32
  }
  tile.return
}

// Neither: the fold is no sum.
// CHECK-LABEL: tile.kernel @last_one_wins
// CHECK-NOT: vector.
// CHECK: memref.store
tile.kernel @last_one_wins grid ["ceildiv(dim(0,0), 64)"] plan <rows = 64, keys = 0, form = "loops"> {
^bb0(%x: memref<?x?xi32, strided<[?, ?], offset: ?>>, %y: memref<?xi32, strided<[?], offset: ?>>, %b: index):
  nn.generic ins(%x : memref<?x?xi32, strided<[?, ?], offset: ?>>) maps [affine_map<(n, i) -> (n, i)>] init 0 : i32
    into(%y : memref<?xi32, strided<[?], offset: ?>>) {
  ^bb0(%a: i32, %last: i32, %0: i32, %1: i32):
    nn.yield %a : i32
  }
  tile.return
}
