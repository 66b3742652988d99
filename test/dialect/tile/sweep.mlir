// RUN: attn-opt %s | attn-opt | FileCheck %s

// Rows, views, one sweep over a full and a partial range, and what is stored at its end.

// CHECK-LABEL: tile.kernel @forward
tile.kernel @forward access ["read", "read", "read", "read", "write"] grid ["dim(0,0)", "3", "ceildiv(dim(0,1) * 3, 64)"] plan <rows = 64, keys = 64, form = "prefill"> {
^bb0(%q: memref<?x?x9x64xf32>, %k: memref<?x?x3x64xf32>, %v: memref<?x?x3x64xf32>, %z: memref<9xf32>, %o: memref<?x?x9x64xf32>, %n: index, %head: index, %t: index):
  %scale = arith.constant 1.250000e-01 : f32
  %zero = arith.constant 0 : index
  %full = arith.constant 128 : index
  // CHECK: %[[COUNT:.*]] = tile.size %{{.*}}[1] : memref<?x?x9x64xf32>
  %count = tile.size %q[1] : memref<?x?x9x64xf32>
  %keys = tile.size %k[1] : memref<?x?x3x64xf32>
  // CHECK: %[[ROWS:.*]] = tile.rows %{{.*}} of %{{.*}}, %{{.*}} group 3 valid %[[COUNT]] of %[[COUNT]] start %{{.*}} -> <64>
  %rows = tile.rows %t of %n, %head group 3 valid %count of %count start %zero -> <64>
  // CHECK: tile.view %{{.*}} at %{{.*}} rows %[[ROWS]]
  %queries = tile.view %q at %n rows %rows : !tile.rows<64> : memref<?x?x9x64xf32> -> <64x64xf32>
  %none = arith.constant 0xFF800000 : f32
  %nothing = arith.constant 0.0 : f32
  // CHECK: tile.fill
  %m = tile.fill %none -> <64xf32>
  %l = tile.fill %nothing -> <64xf32>
  %a = tile.fill %nothing -> <64x64xf32>
  // CHECK: tile.sweep over ["full", "partial"](%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) step 64
  %r:3 = tile.sweep over ["full", "partial"](%zero, %full, %full, %keys) step 64 init(%m, %l, %a : !tile.tile<64xf32>, !tile.tile<64xf32>, !tile.tile<64x64xf32>) {
  ^bb0(%j: index, %mi: !tile.tile<64xf32>, %li: !tile.tile<64xf32>, %ai: !tile.tile<64x64xf32>):
    %kj = tile.view %k at %n keys %j of %head below %keys : memref<?x?x3x64xf32> -> <64x64xf32>
    // CHECK: tile.dot %{{.*}}, %{{.*}} scale %{{.*}} {transpose_b}
    %s = tile.dot %queries, %kj scale %scale {transpose_b} : !tile.view<64x64xf32>, !tile.view<64x64xf32> -> <64x64xf32>
    // CHECK: tile.map %{{.*}} at %[[ROWS]], %{{.*}} : !tile.rows<64>
    %bounded = tile.map %s : !tile.tile<64x64xf32> at %rows, %j : !tile.rows<64> {
    ^bb0(%x: f32, %sn: i32, %h: i32, %i: i32, %key: i32):
      %y = math.tanh %x : f32
      tile.yield %y : f32
    } -> <64x64xf32>
    // CHECK: tile.mask %{{.*}} at %[[ROWS]], %{{.*}} below %{{.*}} admit
    %masked = tile.mask %bounded at %rows, %j below %keys admit {
    ^bb0(%sn: i32, %h: i32, %i: i32, %key: i32):
      %c = arith.cmpi sle, %key, %i : i32
      tile.yield %c : i1
    } : <64x64xf32>, <64>
    %p, %rescale, %m1, %l1 = tile.normalize exp sum %masked state(%mi, %li) : <64x64xf32>, <64xf32> -> <64x64xf32>
    %scaled = tile.map %ai, %rescale : !tile.tile<64x64xf32>, !tile.tile<64xf32> {
    ^bb0(%x: f32, %f: f32):
      %y = arith.mulf %x, %f : f32
      tile.yield %y : f32
    } -> <64x64xf32>
    %vj = tile.view %v at %n keys %j of %head below %keys : memref<?x?x3x64xf32> -> <64x64xf32>
    // CHECK: tile.dot %{{.*}}, %{{.*}} into %{{.*}} : !tile.tile<64x64xf32>
    %a1 = tile.dot %p, %vj into %scaled : !tile.tile<64x64xf32> : !tile.tile<64x64xf32>, !tile.view<64x64xf32> -> <64x64xf32>
    // CHECK: tile.yield
    tile.yield %m1, %l1, %a1 : !tile.tile<64xf32>, !tile.tile<64xf32>, !tile.tile<64x64xf32>
  } -> !tile.tile<64xf32>, !tile.tile<64xf32>, !tile.tile<64x64xf32>
  // CHECK: %[[SINK:.*]] = tile.map at %[[ROWS]], %{{.*}} : !tile.rows<64> captures(%{{.*}} : memref<9xf32>)
  %sink = tile.map at %rows, %n : !tile.rows<64> captures(%z : memref<9xf32>) {
  ^bb0(%sn: i32, %sh: i32, %si: i32, %sj: i32, %logits: memref<9xf32>):
    %logit = attn.load %logits[%sh] : memref<9xf32> -> f32
    tile.yield %logit : f32
  } -> <64xf32>
  // CHECK: tile.finish {{ *}}exp {{ *}}sum %{{.*}} state(%{{.*}}, %{{.*}}) sink %[[SINK]] : !tile.tile<64xf32> : <64x64xf32>, <64xf32>
  %out, %lse = tile.finish exp sum %r#2 state(%r#0, %r#1) sink %sink : !tile.tile<64xf32> : <64x64xf32>, <64xf32>
  // CHECK: tile.store %{{.*}}, %{{.*}} at %{{.*}} rows %[[ROWS]]
  tile.store %out, %o at %n rows %rows : <64x64xf32>, memref<?x?x9x64xf32>, <64>
  tile.return
}
