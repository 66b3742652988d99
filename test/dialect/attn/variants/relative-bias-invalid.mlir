// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.relative_bias, by their labels.

// attn.relative_bias (C1)
func.func @no_middle(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %t: tensor<4x128xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects a table of (query heads, 2R + 1) with static sizes, but got 'tensor<4x128xf32>'; the middle of each row is for distance 0}}
  %r = attn.relative_bias %s from %t : tensor<4x128xf32>
  return
}

// -----

// attn.relative_bias (C1)
func.func @heads_of_another_model(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %t: tensor<8x129xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects a table for 4 query heads, but got 'tensor<8x129xf32>'}}
  %r = attn.relative_bias %s from %t : tensor<8x129xf32>
  return
}

// -----

// attn.relative_bias (C2)
func.func @a_table_of_integers(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %t: tensor<4x129xi32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{operand #1 must be tensor of f32, bf16 or f16, or weight}}
  %r = attn.relative_bias %s from %t : tensor<4x129xi32>
  return
}
