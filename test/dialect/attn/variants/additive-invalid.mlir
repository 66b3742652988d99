// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.additive, by their labels.

// attn.additive (C1)
func.func @widths(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x8xf32>, %v: tensor<2x7x3x8xf32>, %w: tensor<2x7x2x8xf32>, %u: tensor<16xf32>) {
  // expected-error @+1 {{expects query and key of one static width, but got 'tensor<2x7x4x16xf32>' and 'tensor<2x7x2x8xf32>'}}
  %s = attn.additive %q, %k by %u : tensor<2x7x4x16xf32>, tensor<2x7x2x8xf32>, tensor<16xf32>
  return
}

// -----

// attn.additive (C2)
func.func @weights_of_another_width(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x16xf32>, %v: tensor<2x7x3x8xf32>, %w: tensor<2x7x2x8xf32>, %u: tensor<8xf32>) {
  // expected-error @+1 {{expects a weight for each of 16 features, but got 'tensor<8xf32>'}}
  %s = attn.additive %q, %k by %u : tensor<2x7x4x16xf32>, tensor<2x7x2x16xf32>, tensor<8xf32>
  return
}
