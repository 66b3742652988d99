// RUN: attn-opt %s --split-input-file --verify-diagnostics
// Constraints of attn.variant, by their labels; those of regions are attn.generic's.

// attn.variant (C1)
// expected-error @+1 {{expects at least one of the regions pair, features, score, mask and factor, but got none}}
attn.variant @nothing

// -----

// attn.variant (C2)
// expected-error @+1 {{expects all regions to take the same parameters, but got ('f32') and, in mask, ('i32')}}
attn.variant @two_minds score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %c: f32):
  attn.yield %s : f32
} mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %c: i32):
  %r = arith.cmpi sle, %j, %i : i32
  attn.yield %r : i1
}

// -----

// attn.variant (C3)
// expected-error @+1 {{expects the mask region to begin with arguments ('i32', 'i32', 'i32', 'i32'), but got ('i32')}}
attn.variant @short mask {
^bb0(%j: i32):
  %r = arith.cmpi sle, %j, %j : i32
  attn.yield %r : i1
}

// -----

// attn.variant (C3)
// expected-error @+1 {{expects the factor region to yield 'f32', but got 'i1'}}
attn.variant @half_a_factor factor {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
  %r = arith.cmpi sle, %j, %i : i32
  attn.yield %r : i1
}

// -----

// attn.variant (C4)
// expected-error @+1 {{expects weights `exp sum`, `linear sum` or `linear none`, but got `exp none`}}
attn.variant @unbounded weights exp none score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32):
  attn.yield %s : f32
}
