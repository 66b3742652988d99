// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.variant prints as it is read: what it says of itself, its weights, and each of its regions.

// CHECK: attn.variant @documented summary "nothing changes" source "nobody, 2020" score {
attn.variant @documented summary "nothing changes" source "nobody, 2020" score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32):
  attn.yield %s : f32
}

// CHECK: attn.variant @weighted weights linear none score {
attn.variant @weighted weights linear none score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32):
  attn.yield %s : f32
}

// CHECK: attn.variant @regions pair {
// CHECK: ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: i32, %{{.*}}: f32):
// CHECK: } features {
// CHECK: ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK: } mask {
// CHECK: } factor {
attn.variant @regions pair {
^bb0(%a: f32, %b: f32, %feature: i32, %c: f32):
  %r = arith.subf %a, %b : f32
  attn.yield %r : f32
} features {
^bb0(%x: f32, %c: f32):
  %r = arith.mulf %x, %c : f32
  attn.yield %r : f32
} mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %c: f32):
  %r = arith.cmpi ne, %i, %j : i32
  attn.yield %r : i1
} factor {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %c: f32):
  attn.yield %c : f32
}
