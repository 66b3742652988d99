// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.dropout, by their labels.

// attn.dropout (C1)
func.func @all(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x16xf32>, %v: tensor<2x7x3x8xf32>, %w: tensor<2x7x2x8xf32>, %seed: i64) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x2x16xf32>
  %p = arith.constant 1.0 : f32
  // expected-error @+1 {{expects p of at least 0 and below 1, but got 1.000000e+00; it is the share of weights that are left out}}
  %r = attn.dropout %s p %p seed %seed
  return
}
