// RUN: attn-opt %s --split-input-file --verify-diagnostics
// Of one layer, all that is wrong is said in one run, and nothing that only follows from it.

func.func @a_norm(%x: tensor<2x7x8x64xf64>, %g: !nn.weight<32>) {
  // expected-error @+3 {{'attn.qk_norm' op expects elements of type f32, bf16 or f16, but got 'tensor<2x7x8x64xf64>'}}
  // expected-error @+2 {{'attn.qk_norm' op expects a positive `epsilon`, but got 0.000000e+00}}
  // expected-error @+1 {{'attn.qk_norm' op expects a gain for each of 64 features, of all heads or of each of 8, but got '!nn.weight<32>'}}
  %y = attn.qk_norm %x, %g epsilon 0.0 : tensor<2x7x8x64xf64>, !nn.weight<32>
  return
}

// -----

func.func @a_rotation(%x: tensor<2x7x8x64xf64>) {
  %seq = attn.padded start top_left
  // expected-error @+3 {{'attn.rotary' op expects elements of type f32, bf16 or f16, but got 'tensor<2x7x8x64xf64>'}}
  // expected-error @+2 {{'attn.rotary' op expects a positive base, but got 0.000000e+00}}
  // expected-error @+1 {{'attn.rotary' op expects a rotated width that is even, positive and at most 64, but got 65}}
  %y = attn.rotary %x at %seq halves base 0.0 width 65 : tensor<2x7x8x64xf64>
  return
}

// -----

func.func @modulation(%q: tensor<2x7x8x64xf32>, %v: tensor<2x9x3x64xf32>, %w: !nn.weight<128x64>) {
  // expected-error @+4 {{there is no query at key positions in cross-attention, use attn.query_modulated}}
  // expected-error @+3 {{expects a weight of 512x64, a matrix for each head one below the other, but got '!nn.weight<128x64>'}}
  // expected-error @+2 {{expects query heads, a multiple of the value's, but got 8 and 3}}
  // expected-error @+1 {{expects a result with the query's rows and heads and the value's width, but got 'tensor<2x7x3x64xf32>'}}
  %m = attn.bilinear_modulated %q, %v, %w : tensor<2x7x8x64xf32>, tensor<2x9x3x64xf32>, !nn.weight<128x64> -> tensor<2x7x3x64xf32>
  return
}

// -----

// A bias is compared with a weight that is right.
func.func @gates(%x: tensor<2x7x96xf32>, %o: tensor<2x8x4x16xf32>, %w: !nn.weight<16x96>, %b: !nn.weight<5>) {
  // expected-error @+3 {{expects an input (…, D) and heads (…, H, e) of the same rows}}
  // expected-error @+2 {{expects a weight of 64x96, a gate an element, or 4x96, a gate a head, but got '!nn.weight<16x96>'}}
  // expected-error @+1 {{expects a result with the heads' rows and 64 features, but got 'tensor<2x7x32xf32>'}}
  %y = attn.gated %x, %o, %w bias %b : !nn.weight<5> for : tensor<2x7x96xf32>, tensor<2x8x4x16xf32>, !nn.weight<16x96> -> tensor<2x7x32xf32>
  return
}

// -----

func.func @a_mixture(%x: tensor<2x7x96xf32>, %a: tensor<2x8x64xf32>, %p: !nn.weight<96x96>, %g: !nn.weight<2x96>) {
  // expected-error @+3 {{expects an input (…, D) and an output (…, D') of the same rows}}
  // expected-error @+2 {{expects a projection of 64x96, but got '!nn.weight<96x96>'}}
  // expected-error @+1 {{expects a gate of 64x96, or 1x96 for the whole vector, but got '!nn.weight<2x96>'}}
  %y = attn.mixed %x, %a projection %p gate %g : tensor<2x7x96xf32>, tensor<2x8x64xf32>, !nn.weight<96x96>, !nn.weight<2x96>
  return
}

// -----

func.func @a_token(%q: tensor<2x7x4x16xf32>, %k: !nn.weight<3x16>, %v: !nn.weight<4x15>) {
  %s = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+3 {{expects queries and an output of (sequence, position, head, width) with the same rows and heads, but got 'tensor<2x7x4x16xf32>' and 'tensor<2x6x4x16xf32>'}}
  // expected-error @+2 {{expects the token's key to have a row of width 16 for each head, whose number divides the query's, but got '!nn.weight<3x16>'}}
  // expected-error @+1 {{expects the token's value to have a row of width 16 for each head, whose number divides the query's, but got '!nn.weight<4x15>'}}
  %o = attn.extra_token %s, %q key %k value %v : tensor<2x7x4x16xf32>, !nn.weight<3x16>, !nn.weight<4x15> -> tensor<2x6x4x16xf32>
  return
}
