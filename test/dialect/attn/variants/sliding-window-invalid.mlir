// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.sliding_window, by their labels.

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
