// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.gated, by their labels.

// attn.gated (C1)
func.func @rows_of_another_input(%x: tensor<2x7x96xf32>, %o: tensor<2x8x4x16xf32>) {
  %w = nn.weight "gate" : !nn.weight<64x96>
  // expected-error @+1 {{expects an input (…, D) and heads (…, H, e) of the same rows}}
  %y = attn.gated %x, %o, %w : tensor<2x7x96xf32>, tensor<2x8x4x16xf32>, !nn.weight<64x96> -> tensor<2x7x64xf32>
  return
}

// -----

// attn.gated (C2)
func.func @a_gate_a_feature_of_a_head(%x: tensor<2x7x96xf32>, %o: tensor<2x7x4x16xf32>) {
  %w = nn.weight "gate" : !nn.weight<16x96>
  // expected-error @+1 {{expects a weight of 64x96, a gate an element, or 4x96, a gate a head, but got '!nn.weight<16x96>'}}
  %y = attn.gated %x, %o, %w : tensor<2x7x96xf32>, tensor<2x7x4x16xf32>, !nn.weight<16x96> -> tensor<2x7x64xf32>
  return
}

// -----

// attn.gated (C2)
func.func @a_bias_of_another_gate(%x: tensor<2x7x96xf32>, %o: tensor<2x7x4x16xf32>) {
  %w = nn.weight "gate" : !nn.weight<64x96>
  %b = nn.weight "bias" : !nn.weight<4>
  // expected-error @+1 {{expects a bias of 64 elements, but got '!nn.weight<4>'}}
  %y = attn.gated %x, %o, %w bias %b : !nn.weight<4> for : tensor<2x7x96xf32>, tensor<2x7x4x16xf32>, !nn.weight<64x96> -> tensor<2x7x64xf32>
  return
}

// -----

// attn.gated (C3)
func.func @a_result_of_heads(%x: tensor<2x7x96xf32>, %o: tensor<2x7x4x16xf32>) {
  %w = nn.weight "gate" : !nn.weight<64x96>
  // expected-error @+1 {{expects a result with the heads' rows and 64 features, but got 'tensor<2x7x4x16xf32>'}}
  %y = attn.gated %x, %o, %w : tensor<2x7x96xf32>, tensor<2x7x4x16xf32>, !nn.weight<64x96> -> tensor<2x7x4x16xf32>
  return
}
