// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.mixed, by their labels.

// attn.mixed (C1)
func.func @rows_of_another_input(%x: tensor<2x7x96xf32>, %a: tensor<2x8x64xf32>) {
  %p = nn.weight "projection" : !nn.weight<64x96>
  // expected-error @+1 {{expects an input (…, D) and an output (…, D') of the same rows}}
  %y = attn.mixed %x, %a projection %p gate %p : tensor<2x7x96xf32>, tensor<2x8x64xf32>, !nn.weight<64x96>, !nn.weight<64x96>
  return
}

// -----

// attn.mixed (C2)
func.func @a_projection_of_another_width(%x: tensor<2x7x96xf32>, %a: tensor<2x7x64xf32>) {
  %p = nn.weight "projection" : !nn.weight<96x96>
  // expected-error @+2 {{expects a projection of 64x96, but got '!nn.weight<96x96>'}}
  // expected-error @+1 {{expects a gate of 64x96, or 1x96 for the whole vector, but got '!nn.weight<96x96>'}}
  %y = attn.mixed %x, %a projection %p gate %p : tensor<2x7x96xf32>, tensor<2x7x64xf32>, !nn.weight<96x96>, !nn.weight<96x96>
  return
}

// -----

// attn.mixed (C2)
func.func @two_gates(%x: tensor<2x7x96xf32>, %a: tensor<2x7x64xf32>) {
  %p = nn.weight "projection" : !nn.weight<64x96>
  %g = nn.weight "gate" : !nn.weight<2x96>
  // expected-error @+1 {{expects a gate of 64x96, or 1x96 for the whole vector, but got '!nn.weight<2x96>'}}
  %y = attn.mixed %x, %a projection %p gate %g : tensor<2x7x96xf32>, tensor<2x7x64xf32>, !nn.weight<64x96>, !nn.weight<2x96>
  return
}
