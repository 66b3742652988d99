// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.sink, by their labels.

// attn.sink (C1)
func.func @logits_by_row(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<4x2xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects logits of rank 1, one for each query head, but got 'tensor<4x2xf32>'}}
  %r = attn.sink %s by %m : tensor<4x2xf32>
  return
}

// -----

// attn.sink (C1)
func.func @heads_of_another_model(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<8xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects logits for 4 query heads, but got 'tensor<8xf32>'}}
  %r = attn.sink %s by %m : tensor<8xf32>
  return
}

// -----

// attn.sink (C2)
func.func @integer_logits(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<4xi32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{operand #1 must be tensor of f32, bf16 or f16, or weight}}
  %r = attn.sink %s by %m : tensor<4xi32>
  return
}

// -----

// attn.sink (C3)
func.func @two_sinks(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<4xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-note @+1 {{the other one is here}}
  %s1 = attn.sink %s by %m : tensor<4xf32>
  %s2 = attn.causal %s1
  // expected-error @+1 {{expects to be the only sink of its chain; a row has one normaliser}}
  %r = attn.sink %s2 by %m : tensor<4xf32>
  return
}
