// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.sigmoid, by their labels.

// attn.sigmoid (C1)
func.func @heads_of_another_model(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x16xf32>, %v: tensor<2x7x3x8xf32>, %w: tensor<2x7x2x8xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x2x16xf32>
  // expected-error @+1 {{expects static output heads, a multiple of the value's heads, but got 'tensor<2x7x4x8xf32>' and 'tensor<2x7x3x8xf32>'}}
  %o = attn.sigmoid %s, %v : tensor<2x7x3x8xf32> -> tensor<2x7x4x8xf32>
  return
}

// -----

// attn.sigmoid (C2)
func.func @width_of_another_value(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x16xf32>, %v: tensor<2x7x3x8xf32>, %w: tensor<2x7x2x8xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x2x16xf32>
  // expected-error @+1 {{expects value and output of one static width, but got 'tensor<2x7x2x8xf32>' and 'tensor<2x7x4x16xf32>'}}
  %o = attn.sigmoid %s, %w : tensor<2x7x2x8xf32> -> tensor<2x7x4x16xf32>
  return
}
