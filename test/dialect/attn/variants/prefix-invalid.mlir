// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.prefix, by their labels.

// attn.prefix (C1)
func.func @lengths_by_row(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %p: tensor<2x7xi32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects lengths of rank 1, one for each sequence, but got 'tensor<2x7xi32>'}}
  %r = attn.prefix %s lengths %p : tensor<2x7xi32>
  return
}
