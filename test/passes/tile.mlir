// RUN: attn-opt %s --attn-tile | FileCheck %s

// A planned kernel gets its grid and one sweep over ranges of keys.

// CHECK-LABEL: tile.kernel @causal
// CHECK-SAME: grid ["dim(0,0)", "2", "ceildiv(dim(0,1) * 3, 64)"]
// CHECK: %[[ROWS:.*]] = tile.rows %{{.*}} of %{{.*}} group 3 valid %{{.*}} of %{{.*}} start %{{.*}} -> <64>
// CHECK: tile.sweep over ["full", "partial"]
// CHECK: tile.dot %{{.*}} scale %{{.*}} {transpose_b}
// CHECK: tile.mask %{{.*}} at %[[ROWS]]
// CHECK: tile.normalize exp sum
// CHECK: tile.finish exp sum
// CHECK: tile.store
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

// No interval: every pair is asked, in one range.
// CHECK-LABEL: tile.kernel @bits
// CHECK: tile.sweep over ["partial"]
tile.kernel @bits access ["read", "read", "read", "read", "read", "write"] plan <rows = 64, keys = 64, form = "prefill"> {
^bb0(%q: memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, %lengths: memref<?xi32, strided<[?], offset: ?>>, %w: i32, %o: memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded queries(%lengths : memref<?xi32, strided<[?], offset: ?>>) start bottom_right
  attn.generic exp sum queries(%q : memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>)
      scale %scale in %seq captures(%w : i32) into(%o : memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %c: i32):
    %bit = arith.xori %j, %c : i32
    %admits = arith.cmpi sle, %bit, %i : i32
    attn.yield %admits : i1
  }
  tile.return
}

// A sink joins the normaliser after the sweep.
// CHECK-LABEL: tile.kernel @sink
// CHECK: ^bb0(%{{.*}}, %[[LOGITS:[a-z0-9]*]]: memref<6xf32, strided<[?], offset: ?>>, %{{.*}}, %{{.*}}: index
// CHECK: tile.sweep
// CHECK: %[[SINK:.*]] = tile.map at %{{.*}}, %{{.*}} : !tile.rows<64> captures(%[[LOGITS]] : memref<6xf32, strided<[?], offset: ?>>)
// CHECK: ^bb0(%{{.*}}: i32, %[[H:.*]]: i32, %{{.*}}: i32, %{{.*}}: i32, %[[CAPTURED:.*]]: memref<6xf32, strided<[?], offset: ?>>):
// CHECK: attn.load %[[CAPTURED]][%[[H]]]
// CHECK: tile.finish exp sum %{{.*}} state(%{{.*}}, %{{.*}}) sink %[[SINK]]
tile.kernel @sink access ["read", "read", "read", "read", "write"] plan <rows = 64, keys = 64, form = "prefill"> {
^bb0(%q: memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>, %z: memref<6xf32, strided<[?], offset: ?>>, %o: memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded start top_left
  attn.generic exp sum queries(%q : memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x64xbf16, strided<[?, ?, ?, ?], offset: ?>>)
      scale %scale in %seq sink(%z : memref<6xf32, strided<[?], offset: ?>>) into(%o : memref<?x?x6x64xf32, strided<[?, ?, ?, ?], offset: ?>>)
  tile.return
}

// Linear weights: features are mapped before they meet, the power ends the score region, ε joins the sum at the end.
// CHECK-LABEL: tile.kernel @linear
// CHECK: %[[Q:.*]] = tile.map %{{.*}} : !tile.view<64x64xf32> {
// CHECK: math.absf
// CHECK: tile.sweep
// CHECK: %[[K:.*]] = tile.map %{{.*}} : !tile.view<64x64xf32> {
// CHECK: math.absf
// CHECK: %[[PRODUCTS:.*]] = tile.dot %[[Q]], %[[K]] scale
// CHECK: tile.map %[[PRODUCTS]]
// CHECK: %[[SQUARE:.*]] = arith.mulf %[[S:.*]], %[[S]] : f32
// CHECK: tile.yield %[[SQUARE]]
// CHECK: tile.normalize linear sum
// CHECK: tile.finish linear sum %{{.*}} state(%{{.*}}, %{{.*}}) epsilon 9.99999997E-7
tile.kernel @linear access ["read", "read", "read", "write"] plan <rows = 64, keys = 64, form = "prefill"> {
^bb0(%q: memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %o: memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded start top_left
  attn.generic linear sum queries(%q : memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale epsilon 1.0e-6 power 2 in %seq
      into(%o : memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>) features {
  ^bb0(%x: f32):
    %y = math.absf %x : f32
    attn.yield %y : f32
  }
  tile.return
}

// Terms that are no products, and factors that meet the weights beside the normaliser.
// CHECK-LABEL: tile.kernel @pairs
// CHECK: tile.dot %{{.*}}, %{{.*}} scale %{{.*}} captures(%{{.*}} : f32) pair {
// CHECK: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %{{.*}}: i32, %{{.*}}: f32):
// CHECK: arith.addf %[[A]], %[[B]] : f32
// CHECK: %[[WEIGHTS:.*]], %{{.*}}, %{{.*}}, %{{.*}} = tile.normalize exp sum
// CHECK: %[[TIMES:.*]] = tile.map %[[WEIGHTS]] : !tile.tile<64x64xf32> at %{{.*}}, %{{.*}} : !tile.rows<64> captures(%{{.*}} : f32) {
// CHECK: ^bb0(%[[W:.*]]: f32, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32, %[[F:.*]]: f32):
// CHECK: arith.mulf %[[W]], %[[F]] : f32
// CHECK: tile.dot %[[TIMES]]
tile.kernel @pairs access ["read", "read", "read", "read", "write"] plan <rows = 64, keys = 64, form = "prefill"> {
^bb0(%q: memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %k: memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %v: memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>, %f: f32, %o: memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>):
  %scale = arith.constant 1.000000e+00 : f32
  %seq = attn.padded start top_left
  attn.generic exp sum queries(%q : memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>) keys(%k : memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>) value(%v : memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>) scale %scale in %seq captures(%f : f32)
      into(%o : memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>) pair {
  ^bb0(%a: f32, %b: f32, %feature: i32, %c: f32):
    %sum = arith.addf %a, %b : f32
    attn.yield %sum : f32
  } factor {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %c: f32):
    attn.yield %c : f32
  }
  tile.return
}
