// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.qk_norm, by their labels.

// attn.qk_norm (C1)
func.func @merged_heads(%q: tensor<2x576xf32>) {
  %g = nn.weight "g" : !nn.weight<576>
  // expected-error @+1 {{expects (sequence, position, head, width), or (row, head, width) when packed, with static heads and width, but got 'tensor<2x576xf32>'}}
  %r = attn.qk_norm %q, %g : tensor<2x576xf32>, !nn.weight<576>
  return
}

// -----

// attn.qk_norm (C2)
func.func @gain_of_another_width(%q: tensor<2x7x9x64xf32>) {
  %g = nn.weight "g" : !nn.weight<3x64>
  // expected-error @+1 {{expects a gain for each of 64 features, of all heads or of each of 9, but got '!nn.weight<3x64>'}}
  %r = attn.qk_norm %q, %g : tensor<2x7x9x64xf32>, !nn.weight<3x64>
  return
}

// -----

// attn.qk_norm (C3)
func.func @no_epsilon(%q: tensor<2x7x9x64xf32>) {
  %g = nn.weight "g" : !nn.weight<64>
  // expected-error @+1 {{expects a positive `epsilon`, but got 0.000000e+00}}
  %r = attn.qk_norm %q, %g epsilon 0.0 : tensor<2x7x9x64xf32>, !nn.weight<64>
  return
}
