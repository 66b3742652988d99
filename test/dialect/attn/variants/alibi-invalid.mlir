// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.alibi, by their labels.

// attn.alibi (C1)
func.func @slopes_by_row(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<4x2xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects slopes of rank 1, one for each query head, but got 'tensor<4x2xf32>'}}
  %r = attn.alibi %s slopes %m : tensor<4x2xf32>
  return
}

// -----

// attn.alibi (C1)
func.func @slopes_of_another_model(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<8xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects slopes for 4 query heads, but got 'tensor<8xf32>'}}
  %r = attn.alibi %s slopes %m : tensor<8xf32>
  return
}

// -----

// Heads are asked for before anybody knows that values are defined before they are used.
func.func @scores_of_each_other(%m: tensor<8xf32>) {
  // expected-error @+1 {{operand #0 does not dominate this use}}
  %s1 = attn.alibi %s2 slopes %m : tensor<8xf32>
  // expected-note @+1 {{operand defined here}}
  %s2 = attn.alibi %s1 slopes %m : tensor<8xf32>
  return
}
