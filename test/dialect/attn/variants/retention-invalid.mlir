// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.retention, by their labels.

// attn.retention (C1)
func.func @widths_differ(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x8xf32>) {
  // expected-error @+1 {{expects query and key of one static width, but got 'tensor<2x7x4x16xf32>' and 'tensor<2x7x2x8xf32>'}}
  %s = attn.retention %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x2x8xf32>
  return
}

// -----

// attn.retention (C2)
func.func @heads_do_not_divide(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x3x16xf32>) {
  // expected-error @+1 {{expects static query heads, a multiple of the key heads, but got 'tensor<2x7x4x16xf32>' and 'tensor<2x7x3x16xf32>'}}
  %s = attn.retention %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x3x16xf32>
  return
}
