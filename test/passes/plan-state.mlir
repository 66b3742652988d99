// RUN: attn-opt %s --attn-plan=target=cpu:avx512f | FileCheck %s

// The form of attention with linear weights follows from lengths and widths, unless it is asked for. The key head has
// two query heads; of degree 1 a state is 16 · 17 numbers, of degree 2 it is 136 · 17, of degree 4 3876 · 17.

// Pairs beside a state: each where it costs less.
// CHECK: tile.kernel @degree_1_chunked implements "degree_1" when "64 * dim(0,1) * (2 * dim(1,1) - dim(0,1)) >= 1 * (544 * (2 * dim(0,1) + dim(1,1)) + 4096 * dim(0,1))"
// CHECK-SAME: plan <rows = 64, keys = 64, form = "chunked">
// CHECK: tile.kernel @degree_1_decode implements "degree_1" when
// CHECK: tile.kernel @degree_1_small implements "degree_1" when
// CHECK: tile.kernel @degree_1_prefill implements "degree_1" access
tile.kernel @degree_1 access ["read", "read", "read", "write"] {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  attn.generic linear none queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale 
      into(%o : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } 
  tile.return
}

// CHECK: tile.kernel @degree_4_chunked implements "degree_4" when "64 * dim(0,1) * (2 * dim(1,1) - dim(0,1)) >= 1 * (131784 * (2 * dim(0,1) + dim(1,1)) + 4096 * dim(0,1))"
// Its pairs are a softmax of logarithms; a scale has no effect on them, and those of scores near 1 are exact.
// CHECK: tile.kernel @degree_4_prefill implements "degree_4" access
// CHECK: %[[UNIT:.*]] = arith.constant 2.500000e-01 : f32
// CHECK: %[[SCALE:.*]] = arith.select %{{.*}}, %[[UNIT]], %{{.*}} : f32
// CHECK: attn.generic exp sum
// CHECK-SAME: scale %[[SCALE]]
// CHECK-NOT: power
// CHECK: math.absf
// CHECK: math.log
tile.kernel @degree_4 access ["read", "read", "read", "write"] {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 3.000000e-13 : f32
  attn.generic linear sum queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale power 4
      into(%o : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } 
  tile.return
}

// Asked for: one implementation.
// CHECK: tile.kernel @asked_chunked implements "asked" access
// CHECK-NOT: @asked_
tile.kernel @asked access ["read", "read", "read", "write"] {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  attn.generic linear sum queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale power 2
      into(%o : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } {form = "chunked"}
  tile.return
}

// CHECK: tile.kernel @one_by_one_recurrent implements "one_by_one" access
// CHECK-SAME: plan <rows = 1, keys = 1, form = "recurrent">
// CHECK-NOT: @one_by_one_
tile.kernel @one_by_one access ["read", "read", "read", "write"] {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  attn.generic linear sum queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale power 2
      into(%o : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } {form = "recurrent"}
  tile.return
}

// CHECK: tile.kernel @pairs_decode
// CHECK-NOT: @pairs_chunked
// CHECK: tile.kernel @pairs_prefill
tile.kernel @pairs access ["read", "read", "read", "write"] {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  attn.generic linear sum queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale power 2
      into(%o : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } {form = "quadratic"}
  tile.return
}

// Pairs that fade are taken in chunks, too.
// CHECK: tile.kernel @gated_chunked implements "gated" when
// CHECK: tile.kernel @gated_quadratic implements "gated" access
// CHECK-SAME: form = "quadratic">
// CHECK-NOT: @gated_
tile.kernel @gated access ["read", "read", "read", "read", "write"] {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %g: memref<?x?x2xf32, strided<[?, ?, ?], offset: ?>>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  attn.generic linear none queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale gates(%g : memref<?x?x2xf32, strided<[?, ?, ?], offset: ?>>)
      into(%o : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } 
  tile.return
}

// Where a state goes out there are no pairs to fall back on: short calls go token by token.
// CHECK: tile.kernel @leaving_recurrent implements "leaving" when "dim(0,1) <= 4 and dim(1,1) <= 4"
// CHECK: tile.kernel @leaving_chunked implements "leaving" access
// CHECK-NOT: @leaving_
tile.kernel @leaving access ["read", "read", "read", "write", "write"] {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %U: memref<?x2x16x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  attn.generic linear none queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale into(%o, %U : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, memref<?x2x16x16xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  }
  tile.return
}

// Pairs beside a state, and tokens one by one without an order, where they are asked for.
// CHECK: tile.kernel @pairs_that_leave_a_state_quadratic implements "pairs_that_leave_a_state" access
// CHECK-SAME: plan <rows = 64, keys = 64, form = "quadratic">
// CHECK-NOT: @pairs_that_leave_a_state_
tile.kernel @pairs_that_leave_a_state access ["read", "read", "read", "write", "write"] {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %U: memref<?x2x16x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  attn.generic linear none queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale into(%o, %U : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, memref<?x2x16x16xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } {form = "quadratic"}
  tile.return
}

// CHECK: tile.kernel @token_by_token_recurrent implements "token_by_token" access
// CHECK-SAME: plan <rows = 1, keys = 1, form = "recurrent">
tile.kernel @token_by_token access ["read", "read", "read", "write"] {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  attn.generic linear none queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale into(%o : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) {form = "recurrent"}
  tile.return
}

// A state that stays takes the keys of its caches in from time to time: whole chunks of them, however short the call.
// CHECK: tile.kernel @kept_recurrent implements "kept" when "dim(0,1) <= 4 and dim(1,1) <= 4"
// CHECK: tile.kernel @kept_chunked implements "kept" access
tile.kernel @kept access ["read", "read", "read", "update", "write"] {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %U: !attn.state<?x2x16x16xf32>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  attn.generic linear none queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x16xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale state(%U : !attn.state<?x2x16x16xf32>) into(%o : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  }
  tile.return
}

// CHECK: tile.kernel @kept_and_cached_chunked implements "kept_and_cached" access
// CHECK-NOT: @kept_and_cached_
tile.kernel @kept_and_cached access ["read", "read", "read", "read", "update", "write"] {
^bb0(%q: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: !attn.cache<?x?x2x16xf32>, %v: !attn.cache<?x?x2x16xf32>, %start: memref<?xi32, strided<[?], offset: ?>>, %U: !attn.state<?x2x16x16xf32>, %o: memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 2.500000e-01 : f32
  %seq = attn.padded start %start : memref<?xi32, strided<[?], offset: ?>>
  attn.generic linear none queries(%q : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : !attn.cache<?x?x2x16xf32>) value(%v : !attn.cache<?x?x2x16xf32>) scale %scale in %seq state(%U : !attn.state<?x2x16x16xf32>) switch_over 32 into(%o : memref<?x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  }
  tile.return
}
