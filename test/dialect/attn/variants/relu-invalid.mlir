// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.relu, by their labels.

// attn.relu (C1)
func.func @heads_of_another_model(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x16xf32>, %v: tensor<2x7x3x8xf32>, %w: tensor<2x7x2x8xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x2x16xf32>
  // expected-error @+1 {{expects static output heads, a multiple of the value's heads, but got 'tensor<2x7x4x8xf32>' and 'tensor<2x7x3x8xf32>'}}
  %o = attn.relu %s, %v : tensor<2x7x3x8xf32> -> tensor<2x7x4x8xf32>
  return
}

// -----

// attn.relu (C2)
func.func @width_of_another_value(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x16xf32>, %v: tensor<2x7x3x8xf32>, %w: tensor<2x7x2x8xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x2x16xf32>
  // expected-error @+1 {{expects value and output of one static width, but got 'tensor<2x7x2x8xf32>' and 'tensor<2x7x4x16xf32>'}}
  %o = attn.relu %s, %w : tensor<2x7x2x8xf32> -> tensor<2x7x4x16xf32>
  return
}

// -----

// attn.relu (C3)
func.func @cubed(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x16xf32>, %v: tensor<2x7x3x8xf32>, %w: tensor<2x7x2x8xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x2x16xf32>
  // expected-error @+1 {{expects `power` 1 or 2, but got 3}}
  %o = attn.relu %s, %w power 3 : tensor<2x7x2x8xf32> -> tensor<2x7x4x8xf32>
  return
}
