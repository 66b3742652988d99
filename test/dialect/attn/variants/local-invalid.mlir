// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.local, by their labels.

// attn.local (C1)
func.func @window_of_nothing(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %w = arith.constant 0 : i32
  // expected-error @+1 {{expects `window` between 1 and 2147483647, but got 0; a window of 1 sees only itself}}
  %r = attn.local %s window %w
  return
}
