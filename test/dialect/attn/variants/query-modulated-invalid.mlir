// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.query_modulated, by their labels.

// attn.query_modulated (C1)
func.func @other_heads(%q: tensor<2x7x8x64xf32>, %o: tensor<2x7x4x64xf32>) {
  %w = nn.weight "gate" : !nn.weight<512x64>
  // expected-error @+1 {{expects query and output to share rows and heads, but got 'tensor<2x7x8x64xf32>' and 'tensor<2x7x4x64xf32>'}}
  %y = attn.query_modulated %q, %o, %w : tensor<2x7x8x64xf32>, tensor<2x7x4x64xf32>, !nn.weight<512x64>
  return
}

// -----

// attn.query_modulated (C2)
func.func @one_matrix(%q: tensor<2x7x8x64xf32>) {
  %w = nn.weight "gate" : !nn.weight<64x64>
  // expected-error @+1 {{expects a weight of 512x64, a matrix for each head one below the other, but got '!nn.weight<64x64>'}}
  %y = attn.query_modulated %q, %q, %w : tensor<2x7x8x64xf32>, tensor<2x7x8x64xf32>, !nn.weight<64x64>
  return
}
