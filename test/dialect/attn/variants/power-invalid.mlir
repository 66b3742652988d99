// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.power, by their labels.

// attn.power (C1)
func.func @widths_differ(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x8xf32>) {
  // expected-error @+1 {{expects query and key of one static width, but got 'tensor<2x7x4x16xf32>' and 'tensor<2x7x2x8xf32>'}}
  %s = attn.power %q, %k degree 2 : tensor<2x7x4x16xf32>, tensor<2x7x2x8xf32>
  return
}

// -----

// attn.power (C2)
func.func @heads_do_not_divide(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x3x16xf32>) {
  // expected-error @+1 {{expects static query heads, a multiple of the key heads, but got 'tensor<2x7x4x16xf32>' and 'tensor<2x7x3x16xf32>'}}
  %s = attn.power %q, %k degree 2 : tensor<2x7x4x16xf32>, tensor<2x7x3x16xf32>
  return
}

// -----

// attn.power (C3)
func.func @of_no_degree(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x16xf32>) {
  // expected-error @+1 {{expects a degree of at least 1, but got 0}}
  %s = attn.power %q, %k degree 0 : tensor<2x7x4x16xf32>, tensor<2x7x2x16xf32>
  return
}

// -----

// attn.power (C1)
func.func @no_width(%q: tensor<2x7x4x0xf32>) {
  // expected-error @+1 {{expects a query and key of a width of at least 1, but got 'tensor<2x7x4x0xf32>' and 'tensor<2x7x4x0xf32>'; products of no features are no scores}}
  %s = attn.power %q, %q degree 2 : tensor<2x7x4x0xf32>, tensor<2x7x4x0xf32>
  return
}
