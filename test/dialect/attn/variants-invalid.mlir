// RUN: attn-opt %s --split-input-file --verify-diagnostics
// Each constraint of the named ops, by its label.

// attn.dot_product (C1)
func.func @widths_differ(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x8xf32>) {
  // expected-error @+1 {{expects query and key of one static width}}
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x8xf32>
  return
}

// -----

// attn.dot_product (C2)
func.func @heads_do_not_divide(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x3x16xf32>) {
  // expected-error @+1 {{expects static query heads, a multiple of the key heads}}
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x3x16xf32>
  return
}

// -----

// attn.dot_product
func.func @too_few_dimensions(%q: tensor<7x16xf32>, %k: tensor<7x16xf32>) {
  // expected-error @+1 {{expects query and key of rank 4}}
  %s = attn.dot_product %q, %k : tensor<7x16xf32>, tensor<7x16xf32>
  return
}

// -----

// attn.sliding_window (C1)
func.func @no_window(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects either `window` or `left` and `right`, but got none}}
  %r = attn.sliding_window %s
  return
}

// -----

// attn.sliding_window (C1)
func.func @window_and_reaches(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %w: i32) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects either `window` or `left` and `right`, but got all of them}}
  %r = attn.sliding_window %s window %w left %w right %w
  return
}

// -----

// attn.sliding_window (C2)
func.func @window_of_nothing(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %w = arith.constant 0 : i32
  // expected-error @+1 {{expects `window` between 1 and 1073741824, but got 0; a window of 1 sees only itself}}
  %r = attn.sliding_window %s window %w
  return
}

// -----

// attn.sliding_window (C2)
func.func @a_negative_reach(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %w: i32) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %l = arith.constant -1 : i32
  // expected-error @+1 {{expects `left` between 0 and 1073741824, but got -1; 0 sees no earlier key}}
  %r = attn.sliding_window %s left %l right %w
  return
}

// -----

// attn.softcap (C1)
func.func @cap_of_zero(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %c = arith.constant 0.0 : f32
  // expected-error @+1 {{expects a positive cap, but got 0.000000e+00; leave the op out where scores are not to be bounded}}
  %r = attn.softcap %s at %c
  return
}

// -----

// attn.alibi (C1)
func.func @slopes_by_row(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<4x2xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects slopes of rank 1, one for each query head, but got 'tensor<4x2xf32>'}}
  %r = attn.alibi %s slopes %m : tensor<4x2xf32>
  return
}

// -----

// attn.masked (C1)
func.func @an_unknown_axis(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<7x7xi1>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects axes among n, h, t and s, but got 'x'}}
  %r = attn.masked %s by %m axes "t x" : tensor<7x7xi1>
  return
}

// -----

// attn.masked (C1)
func.func @an_axis_twice(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<7x7xi1>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects each axis once, but got 't' twice}}
  %r = attn.masked %s by %m axes "t t" : tensor<7x7xi1>
  return
}

// -----

// attn.masked (C1)
func.func @too_few_axes(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<7x7xi1>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects an axis for each dimension of the mask, but got 1 axes for rank 2}}
  %r = attn.masked %s by %m axes "t" : tensor<7x7xi1>
  return
}

// -----

// attn.masked (C1)
func.func @a_mask_of_no_pair(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<2x4xi1>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects t or s among the axes, but got}}
  %r = attn.masked %s by %m axes "n h" : tensor<2x4xi1>
  return
}

// -----

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

// attn.softmax (C1)
func.func @value_heads_do_not_divide(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %v: tensor<2x7x3x16xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects static output heads, a multiple of the value's heads}}
  %o = attn.softmax %s, %v : tensor<2x7x3x16xf32> -> tensor<2x7x4x16xf32>
  return
}

// -----

// attn.softmax (C2)
func.func @output_too_wide(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects value and output of one static width}}
  %o = attn.softmax %s, %k : tensor<2x7x4x16xf32> -> tensor<2x7x4x32xf32>
  return
}

// -----

// attn.rotary (C1)
func.func @rotates_an_odd_width(%q: tensor<2x7x4x16xf32>) {
  // expected-error @+1 {{expects a rotated width that is even, positive and at most 16, but got 7}}
  %r = attn.rotary %q halves base 1.0e4 width 7 : tensor<2x7x4x16xf32>
  return
}

// -----

// attn.rotary (C2)
func.func @rotates_by_no_base(%q: tensor<2x7x4x16xf32>) {
  // expected-error @+1 {{expects a positive base, but got 0.000000e+00}}
  %r = attn.rotary %q halves base 0.0 : tensor<2x7x4x16xf32>
  return
}
