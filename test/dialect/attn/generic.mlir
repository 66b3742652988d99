// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.generic and what belongs to no variant print as they are read.

// CHECK-LABEL: func.func @every_region_over_a_cache
func.func @every_region_over_a_cache(%q: tensor<?x?x9x64xf32>, %k: !attn.cache<?x?x3x64xbf16>,
                                     %v: !attn.cache<?x?x3x32xbf16>, %slopes: tensor<9xf32>, %seed: i64, %lengths: tensor<?xi32>)
    -> (tensor<?x?x9x32xf32>, tensor<?x?x9xf32>) {
  %scale = arith.constant 1.250000e-01 : f32
  // CHECK: attn.length %{{.*}} : {{.*}}<?x?x3x64xbf16> -> tensor<?xi32>
  %start = attn.length %k : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
  // CHECK: %[[SEQUENCES:.*]] = attn.padded queries(%{{.*}} : tensor<?xi32>) start %{{.*}} : tensor<?xi32>
  %seq = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
  // CHECK: attn.generic {{.*}}exp {{.*}}sum queries(
  // CHECK-SAME: in %[[SEQUENCES]] captures(%{{.*}}, %{{.*}} : tensor<9xf32>, i64) score {
  %o, %lse = attn.generic exp sum queries(%q : tensor<?x?x9x64xf32>) keys(%k : !attn.cache<?x?x3x64xbf16>)
      value(%v : !attn.cache<?x?x3x32xbf16>) scale %scale in %seq captures(%slopes, %seed : tensor<9xf32>, i64) score {
  ^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %m: tensor<9xf32>, %sd: i64):
    // CHECK: attn.load %{{.*}}[%{{.*}}] : tensor<9xf32> -> f32
    %x = attn.load %m[%h] : tensor<9xf32> -> f32
    %r = arith.addf %s, %x : f32
    attn.yield %r : f32
  // CHECK: mask {
  } mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %m: tensor<9xf32>, %sd: i64):
    // CHECK: attn.row
    %row = attn.row %n, %i
    // CHECK: attn.key_row
    %key = attn.key_row %n, %j
    // CHECK: attn.count keys[
    %count = attn.count keys [%n]
    %a = arith.cmpi sle, %key, %row : i32
    %b = arith.cmpi slt, %j, %count : i32
    %r = arith.andi %a, %b : i1
    attn.yield %r : i1
  // CHECK: factor {
  } factor {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %m: tensor<9xf32>, %sd: i64):
    // CHECK: attn.random %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}]
    %u = attn.random %sd[%n, %h, %i, %j]
    attn.yield %u : f32
  // CHECK: epilogue {
  } epilogue {
  ^bb0(%x: f32, %n: i32, %h: i32, %i: i32, %e: i32, %m: tensor<9xf32>, %sd: i64):
    %r = arith.mulf %x, %x : f32
    attn.yield %r : f32
  // CHECK: } -> tensor<?x?x9x32xf32> lse tensor<?x?x9xf32>
  } -> tensor<?x?x9x32xf32> lse tensor<?x?x9xf32>
  return %o, %lse : tensor<?x?x9x32xf32>, tensor<?x?x9xf32>
}

// CHECK-LABEL: func.func @two_parts_packed
func.func @two_parts_packed(%a: tensor<?x8x64xbf16>, %b: tensor<?x8x32xbf16>, %k: tensor<?x1x64xbf16>, %r: tensor<?x1x32xbf16>,
                            %offsets: tensor<?xi32>, %scale: f32) -> tensor<?x8x64xbf16> {
  // CHECK: attn.packed %{{.*}}, %{{.*}} : tensor<?xi32>, tensor<?xi32> start top_left
  %seq = attn.packed %offsets, %offsets : tensor<?xi32>, tensor<?xi32> start top_left
  // CHECK: queries(%{{.*}}, %{{.*}} : tensor<?x8x64xbf16>, tensor<?x8x32xbf16>)
  %o = attn.generic exp sum queries(%a, %b : tensor<?x8x64xbf16>, tensor<?x8x32xbf16>)
      keys(%k, %r : tensor<?x1x64xbf16>, tensor<?x1x32xbf16>) value(%k : tensor<?x1x64xbf16>) scale %scale in %seq
      -> tensor<?x8x64xbf16>
  return %o : tensor<?x8x64xbf16>
}

// CHECK-LABEL: func.func @power_of_additive_pairs_into_memory
func.func @power_of_additive_pairs_into_memory(%q: memref<2x7x4x16xf32>, %k: memref<2x5x4x16xf32>, %o: memref<2x7x4x16xf32>, %scale: f32) {
  // CHECK: epsilon 9.99999997E-7 power 2 into(%{{.*}} : memref<2x7x4x16xf32>) pair {
  attn.generic linear sum queries(%q : memref<2x7x4x16xf32>) keys(%k : memref<2x5x4x16xf32>) value(%k : memref<2x5x4x16xf32>)
      scale %scale epsilon 1.0e-6 power 2 into(%o : memref<2x7x4x16xf32>) pair {
  ^bb0(%a: f32, %b: f32, %f: i32):
    %r = arith.addf %a, %b : f32
    attn.yield %r : f32
  }
  return
}

// CHECK-LABEL: func.func @rows_written_to_a_cache
func.func @rows_written_to_a_cache(%cache: !attn.cache<?x?x3x64xbf16>, %rows: tensor<?x?x3x64xf32>) {
  %start = attn.length %cache : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
  %seq = attn.padded start %start : tensor<?xi32>
  // CHECK: attn.append %{{.*}}, %{{.*}} at %{{.*}} : {{.*}}<?x?x3x64xbf16>, tensor<?x?x3x64xf32>
  attn.append %cache, %rows at %seq : !attn.cache<?x?x3x64xbf16>, tensor<?x?x3x64xf32>
  return
}

// CHECK-LABEL: func.func @packed_rows_written_to_a_cache_and_read
func.func @packed_rows_written_to_a_cache_and_read(%cache: !attn.cache<?x?x3x64xbf16>, %rows: tensor<?x3x64xf32>, %q: tensor<?x9x64xf32>,
                                                   %offsets: tensor<?xi32>, %scale: f32) -> tensor<?x9x64xf32> {
  %start = attn.length %cache : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
  // CHECK: attn.packed %{{.*}} : tensor<?xi32> start %{{.*}} : tensor<?xi32>
  %seq = attn.packed %offsets : tensor<?xi32> start %start : tensor<?xi32>
  // CHECK: attn.append %{{.*}}, %{{.*}} at %{{.*}} : {{.*}}<?x?x3x64xbf16>, tensor<?x3x64xf32>
  attn.append %cache, %rows at %seq : !attn.cache<?x?x3x64xbf16>, tensor<?x3x64xf32>
  %o = attn.generic exp sum queries(%q : tensor<?x9x64xf32>) keys(%cache : !attn.cache<?x?x3x64xbf16>)
      value(%cache : !attn.cache<?x?x3x64xbf16>) scale %scale in %seq -> tensor<?x9x64xf32>
  return %o : tensor<?x9x64xf32>
}

// CHECK-LABEL: attn.variant @both_regions score {
attn.variant @both_regions score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %c: f32):
  %r = arith.mulf %s, %c : f32
  attn.yield %r : f32
// CHECK: } mask {
} mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %c: f32):
  %r = arith.cmpi ne, %i, %j : i32
  attn.yield %r : i1
}

// CHECK-LABEL: func.func @a_sink_and_a_guarded_divisor
func.func @a_sink_and_a_guarded_divisor(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %z: tensor<4xbf16>, %scale: f32, %c: i32) -> tensor<2x7x4x16xf32> {
  // CHECK: sink(%{{.*}} : tensor<4xbf16>) captures(%{{.*}} : i32) mask {
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>) scale %scale
      sink(%z : tensor<4xbf16>) captures(%c : i32) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %d: i32):
    %one = arith.constant 1 : i32
    // CHECK: %[[DIVISOR:.*]] = arith.maxsi
    %divisor = arith.maxsi %one, %d : i32
    // CHECK: arith.divsi %{{.*}}, %[[DIVISOR]]
    %b = arith.divsi %j, %divisor : i32
    %r = arith.cmpi sle, %b, %i : i32
    attn.yield %r : i1
  } -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}
