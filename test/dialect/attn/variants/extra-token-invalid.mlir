// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.extra_token, by their labels.

// attn.extra_token (C1)
func.func @scores_from_elsewhere(%s: !attn.scores, %v: tensor<2x7x4x16xf32>) {
  %w = nn.weight "token" : !nn.weight<4x16>
  // expected-error @+1 {{expects scores of a chain that begins at attn.dot_product, whose queries meet the token}}
  %o = attn.extra_token %s, %v key %w value %w : tensor<2x7x4x16xf32>, !nn.weight<4x16>, !nn.weight<4x16> -> tensor<2x7x4x16xf32>
  return
}

// -----

// attn.extra_token (C2)
func.func @three_token_heads(%q: tensor<2x7x4x16xf32>) {
  %s = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %w = nn.weight "token" : !nn.weight<3x16>
  // expected-error @+2 {{expects the token's key to have a row of width 16 for each head, whose number divides the query's, but got '!nn.weight<3x16>'}}
  // expected-error @+1 {{expects the token's value to have a row of width 16 for each head, whose number divides the query's, but got '!nn.weight<3x16>'}}
  %o = attn.extra_token %s, %q key %w value %w : tensor<2x7x4x16xf32>, !nn.weight<3x16>, !nn.weight<3x16> -> tensor<2x7x4x16xf32>
  return
}

// -----

// attn.extra_token (C3)
func.func @packed_rows_of_a_batch(%q: tensor<2x7x4x16xf32>, %offsets: tensor<3xi32>) {
  %seq = attn.packed %offsets, %offsets : tensor<3xi32>, tensor<3xi32> start top_left
  %s = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %w = nn.weight "token" : !nn.weight<4x16>
  // expected-error @+1 {{expects queries and an output of (row, head, width) at attn.packed with the same rows and heads, but got 'tensor<2x7x4x16xf32>' and 'tensor<2x7x4x16xf32>'}}
  %o = attn.extra_token %s, %q key %w value %w in %seq : tensor<2x7x4x16xf32>, !nn.weight<4x16>, !nn.weight<4x16> -> tensor<2x7x4x16xf32>
  return
}

// -----

// attn.extra_token (C4)
func.func @weights_of_other_heads(%q: tensor<2x7x4x16xf32>) {
  %s = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %w = nn.weight "token" : !nn.weight<4x16>
  // expected-error @+1 {{expects weights of (sequence, head, position, key), those of the token of (sequence, position, head), at attn.padded, but got 'tensor<2x2x7x7xf32>' and 'tensor<2x7x4xf32>' beside 'tensor<2x7x4x16xf32>'}}
  %o, %a, %x = attn.extra_token %s, %q key %w value %w : tensor<2x7x4x16xf32>, !nn.weight<4x16>, !nn.weight<4x16> -> tensor<2x7x4x16xf32> weights tensor<2x2x7x7xf32> token tensor<2x7x4xf32>
  return
}

// -----

// attn.extra_token (C3)
func.func @a_log_sum_exp_of_other_heads(%q: tensor<2x7x4x16xf32>) {
  %s = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %w = nn.weight "token" : !nn.weight<4x16>
  // expected-error @+1 {{expects a log-sum-exp of the output's rows and heads, but got 'tensor<2x7x2xf32>' beside 'tensor<2x7x4x16xf32>'}}
  %o, %lse = attn.extra_token %s, %q key %w value %w : tensor<2x7x4x16xf32>, !nn.weight<4x16>, !nn.weight<4x16> -> tensor<2x7x4x16xf32> lse tensor<2x7x2xf32>
  return
}
