// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.biased, by their labels.

// attn.biased (C1)
func.func @an_unknown_axis(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<7x7xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects axes among n, h, t and s, but got 'j'}}
  %r = attn.biased %s by %m axes "t j" : tensor<7x7xf32>
  return
}

// -----

// attn.biased (C1)
func.func @too_many_axes(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<7x7xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects an axis for each dimension of the bias, but got 3 axes for rank 2}}
  %r = attn.biased %s by %m axes "n t s" : tensor<7x7xf32>
  return
}

// -----

// attn.biased (C1)
func.func @a_bias_of_no_pair(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<2xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects h, t or s among the axes, but got "n"; a bias that names none says the same of every pair of a sequence}}
  %r = attn.biased %s by %m axes "n" : tensor<2xf32>
  return
}

// -----

// attn.biased (C1)
func.func @heads_of_another_model(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<8x7xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects axis h of the bias to have 4 query heads, but got 8}}
  %r = attn.biased %s by %m axes "h s" : tensor<8x7xf32>
  return
}

// -----

// attn.biased (C2)
func.func @a_bias_of_f64(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<7x7xf64>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects a bias of f32, bf16 or f16, but got 'tensor<7x7xf64>'; convert it before, or take pairs out by attn.masked}}
  %r = attn.biased %s by %m axes "t s" : tensor<7x7xf64>
  return
}
