// RUN: attn-opt %s --attn-generalize --verify-diagnostics
// What the generic form refuses is said of the op that was written.

func.func @sinks_of_linear_weights(%q: tensor<2x7x4x16xf32>, %logits: tensor<4xf32>) -> tensor<2x7x4x16xf32> {
  %s0 = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.sink %s0 by %logits : tensor<4xf32>
  // expected-error @+1 {{'attn.sum' op expects `exp sum` with a sink, but got linear sum}}
  %o = attn.sum %s1, %q epsilon 1.0e-6 : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}
