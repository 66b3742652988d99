// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.dot_product, by their labels.

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

// attn.dot_product
func.func @double_precision(%q: tensor<2x7x4x16xf64>, %k: tensor<2x7x4x16xf64>) {
  // expected-error @+1 {{expects elements of type f32, bf16 or f16, but got 'tensor<2x7x4x16xf64>'}}
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf64>, tensor<2x7x4x16xf64>
  return
}
