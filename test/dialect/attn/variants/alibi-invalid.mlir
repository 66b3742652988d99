// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.alibi, by their labels.

// attn.alibi (C1)
func.func @slopes_by_row(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<4x2xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects slopes of rank 1, one for each query head, but got 'tensor<4x2xf32>'}}
  %r = attn.alibi %s slopes %m : tensor<4x2xf32>
  return
}
