// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.apply, by their labels.

// attn.apply (C1)
func.func @no_such_variant(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects `nobody` to name an attn.variant of this module}}
  %r = attn.apply @nobody() to %s
  return
}

// -----

// expected-note @+1 {{the variant is declared here}}
attn.variant @shifted score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %c: f32):
  attn.yield %s : f32
}

// attn.apply (C1)
func.func @parameters_of_other_types(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %w: i32) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects parameters of type ('f32') for @shifted, but got ('i32')}}
  %r = attn.apply @shifted(%w) to %s : i32
  return
}

// -----

attn.variant @every mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %c: i32):
  // expected-note @+1 {{a divisor is a constant other than 0 and -1, or arith.maxsi of any value and a positive constant}}
  %r = arith.remsi %j, %c : i32
  %m = arith.cmpi eq, %r, %i : i32
  attn.yield %m : i1
}

// attn.apply (C2)
func.func @remainder_by_what_may_be_zero(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %w: i32) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects regions that cannot fault, but @every has 'arith.remsi' by what may be 0}}
  %r = attn.apply @every(%w) to %s : i32
  return
}

// -----

attn.variant @held_above_zero mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %c: i32):
  %one = arith.constant 1 : i32
  %d = arith.maxsi %c, %one : i32
  %r = arith.remsi %j, %d : i32
  %m = arith.cmpi eq, %r, %i : i32
  attn.yield %m : i1
}

func.func @remainder_that_cannot_fault(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %w: i32) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %r = attn.apply @held_above_zero(%w) to %s : i32
  return
}
