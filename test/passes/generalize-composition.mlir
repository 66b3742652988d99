// RUN: attn-opt %s --attn-generalize | FileCheck %s
// Five modifiers over a cache meet in one generic form; a variant written as text is one of them.

// CHECK-NOT: attn.variant
attn.variant @sandwich score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %weight: f32, %reach: i32):
  %d = arith.subi %i, %j : i32
  %f = arith.sitofp %d : i32 to f32
  %c = math.cos %f : f32
  %x = arith.mulf %weight, %c : f32
  %r = arith.addf %s, %x : f32
  attn.yield %r : f32
} mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %weight: f32, %reach: i32):
  %e = arith.addi %j, %reach : i32
  %r = arith.cmpi sge, %e, %i : i32
  attn.yield %r : i1
}

// CHECK-LABEL: func.func @five_modifiers_over_a_cache(
// CHECK-SAME: , %[[SLOPES:[a-z0-9]*]]: tensor<9xf32>, %[[WINDOW:[a-z0-9]*]]: i32, %[[CAP:[a-z0-9]*]]: f32, %[[WEIGHT:[a-z0-9]*]]: f32
func.func @five_modifiers_over_a_cache(%q: tensor<?x?x9x64xf32>, %k: !attn.cache<?x?x3x64xbf16>, %v: !attn.cache<?x?x3x64xbf16>,
                                       %lengths: tensor<?xi32>, %slopes: tensor<9xf32>, %w: i32, %cap: f32, %weight: f32)
    -> tensor<?x?x9x64xf32> {
  // CHECK: %[[SEQUENCES:.*]] = attn.padded
  // CHECK: attn.generic exp sum queries(%{{.*}}) keys(%{{.*}} : !attn.cache<?x?x3x64xbf16>) value(%{{.*}} : !attn.cache<?x?x3x64xbf16>)
  // CHECK-SAME: in %[[SEQUENCES]] captures(%[[CAP]], %[[SLOPES]], %[[WINDOW]], %[[WEIGHT]] : f32, tensor<9xf32>, i32, f32) score {
  // CHECK: math.tanh
  // CHECK: attn.load
  // CHECK: math.absf
  // CHECK: math.cos
  // CHECK: attn.yield %{{.*}} : f32
  // CHECK: mask {
  // CHECK-NEXT: ^bb0(%{{.*}}: i32, %{{.*}}: i32, %[[I:.*]]: i32, %[[J:.*]]: i32, %{{.*}}: f32, %{{.*}}: tensor<9xf32>, %[[W:.*]]: i32, %{{.*}}: f32):
  // CHECK: arith.subi %[[I]], %[[W]]
  // CHECK: %[[SUM:.*]] = arith.addi %[[J]], %[[W]]
  // CHECK: arith.cmpi sge, %[[SUM]], %[[I]]
  // CHECK: attn.yield %{{.*}} : i1
  %start = attn.length %k : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
  %seq = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, !attn.cache<?x?x3x64xbf16>
  %s1 = attn.softcap %s0 at %cap
  %s2 = attn.alibi %s1 slopes %slopes : tensor<9xf32>
  %s3 = attn.sliding_window %s2 window %w
  %s4 = attn.causal %s3
  %s5 = attn.apply @sandwich(%weight, %w) to %s4 : f32, i32
  %o = attn.softmax %s5, %v in %seq : !attn.cache<?x?x3x64xbf16> -> tensor<?x?x9x64xf32>
  return %o : tensor<?x?x9x64xf32>
}
