// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.bilinear_modulated, by their labels.

// attn.bilinear_modulated (C1)
func.func @cross_attention(%q: tensor<2x7x8x64xf32>, %v: tensor<2x9x8x64xf32>) {
  %w = nn.weight "gate" : !nn.weight<512x64>
  // expected-error @+1 {{there is no query at key positions in cross-attention, use attn.query_modulated}}
  %m = attn.bilinear_modulated %q, %v, %w : tensor<2x7x8x64xf32>, tensor<2x9x8x64xf32>, !nn.weight<512x64> -> tensor<2x7x8x64xf32>
  return
}

// -----

// attn.bilinear_modulated (C1)
func.func @cross_attention_by_name(%q: tensor<?x?x8x64xf32> {nn.dims = ["B", "T", "8", "64"]},
                                   %v: tensor<?x?x8x64xf32> {nn.dims = ["B", "S", "8", "64"]}) {
  %w = nn.weight "gate" : !nn.weight<512x64>
  // expected-error @+1 {{there is no query at key positions in cross-attention, use attn.query_modulated ("T" is not "S")}}
  %m = attn.bilinear_modulated %q, %v, %w : tensor<?x?x8x64xf32>, tensor<?x?x8x64xf32>, !nn.weight<512x64> -> tensor<?x?x8x64xf32>
  return
}

// -----

// attn.bilinear_modulated (C2)
func.func @three_value_heads(%q: tensor<2x7x8x64xf32>, %v: tensor<2x7x3x64xf32>) {
  %w = nn.weight "gate" : !nn.weight<512x64>
  // expected-error @+1 {{expects query heads, a multiple of the value's, but got 8 and 3}}
  %m = attn.bilinear_modulated %q, %v, %w : tensor<2x7x8x64xf32>, tensor<2x7x3x64xf32>, !nn.weight<512x64> -> tensor<2x7x8x64xf32>
  return
}

// -----

// attn.bilinear_modulated (C3)
func.func @matrices_of_value_heads(%q: tensor<2x7x8x64xf32>, %v: tensor<2x7x2x64xf32>) {
  %w = nn.weight "gate" : !nn.weight<128x64>
  // expected-error @+1 {{expects a weight of 512x64, a matrix for each head one below the other, but got '!nn.weight<128x64>'}}
  %m = attn.bilinear_modulated %q, %v, %w : tensor<2x7x8x64xf32>, tensor<2x7x2x64xf32>, !nn.weight<128x64> -> tensor<2x7x8x64xf32>
  return
}

// -----

// attn.bilinear_modulated (C3)
func.func @a_result_of_value_heads(%q: tensor<2x7x8x64xf32>, %v: tensor<2x7x2x64xf32>) {
  %w = nn.weight "gate" : !nn.weight<512x64>
  // expected-error @+1 {{expects a result with the query's rows and heads and the value's width, but got 'tensor<2x7x2x64xf32>'}}
  %m = attn.bilinear_modulated %q, %v, %w : tensor<2x7x8x64xf32>, tensor<2x7x2x64xf32>, !nn.weight<512x64> -> tensor<2x7x2x64xf32>
  return
}
