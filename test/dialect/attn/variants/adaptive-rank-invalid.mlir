// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.adaptive_rank, by their labels.

// attn.adaptive_rank (C1)
func.func @scores_from_elsewhere(%s: !attn.scores, %v: tensor<2x7x8x64xf32>) {
  %w = nn.weight "down" : !nn.weight<32x64>
  // expected-error @+1 {{expects scores of a chain that begins at attn.dot_product, which it computes in more than one way}}
  %o, %c = attn.adaptive_rank %s, %v down %w by random ratio 0.5 threshold 0.95 : tensor<2x7x8x64xf32>, !nn.weight<32x64> -> tensor<2x7x8x64xf32>, tensor<9xi32>
  return
}

// -----

// attn.adaptive_rank (C2)
func.func @a_projection_of_another_rank(%q: tensor<2x7x8x64xf32>) {
  %w = nn.weight "down" : !nn.weight<16x64>
  %s = attn.dot_product %q, %q : tensor<2x7x8x64xf32>, tensor<2x7x8x64xf32>
  // expected-error @+1 {{expects a projection of 32x64 for a ratio of 5.000000e-01 of width 64, but got '!nn.weight<16x64>'}}
  %o, %c = attn.adaptive_rank %s, %q down %w by random ratio 0.5 threshold 0.95 : tensor<2x7x8x64xf32>, !nn.weight<16x64> -> tensor<2x7x8x64xf32>, tensor<9xi32>
  return
}

// -----

// attn.adaptive_rank (C2)
func.func @a_rank_of_at_least(%q: tensor<2x7x8x64xf32>) {
  %w = nn.weight "down" : !nn.weight<16x64>
  %s = attn.dot_product %q, %q : tensor<2x7x8x64xf32>, tensor<2x7x8x64xf32>
  // expected-error @+1 {{expects a projection of 24x64}}
  %o, %c = attn.adaptive_rank %s, %q down %w by random ratio 0.25 at_least 24 threshold 0.95 : tensor<2x7x8x64xf32>, !nn.weight<16x64> -> tensor<2x7x8x64xf32>, tensor<9xi32>
  return
}

// -----

// attn.adaptive_rank (C3)
func.func @more_than_the_width(%q: tensor<2x7x8x64xf32>) {
  %w = nn.weight "down" : !nn.weight<64x64>
  %s = attn.dot_product %q, %q : tensor<2x7x8x64xf32>, tensor<2x7x8x64xf32>
  // expected-error @+1 {{expects a ratio in (0, 1], but got 1.5}}
  %o, %c = attn.adaptive_rank %s, %q down %w by random ratio 1.5 threshold 0.95 : tensor<2x7x8x64xf32>, !nn.weight<64x64> -> tensor<2x7x8x64xf32>, tensor<9xi32>
  return
}

// -----

// attn.adaptive_rank (C4)
func.func @an_unknown_estimate(%q: tensor<2x7x8x64xf32>) {
  %w = nn.weight "down" : !nn.weight<32x64>
  %s = attn.dot_product %q, %q : tensor<2x7x8x64xf32>, tensor<2x7x8x64xf32>
  // expected-error @+1 {{expects the estimate entropy, power or random, but got taste}}
  %o, %c = attn.adaptive_rank %s, %q down %w by taste ratio 0.5 threshold 0.95 : tensor<2x7x8x64xf32>, !nn.weight<32x64> -> tensor<2x7x8x64xf32>, tensor<9xi32>
  return
}

// -----

// attn.adaptive_rank (C6)
func.func @statistics_of_other_heads(%q: tensor<2x7x8x64xf32>) {
  %w = nn.weight "down" : !nn.weight<32x64>
  %s = attn.dot_product %q, %q : tensor<2x7x8x64xf32>, tensor<2x7x8x64xf32>
  // expected-error @+1 {{expects statistics of 9 numbers, but got 'tensor<5xi32>'}}
  %o, %c = attn.adaptive_rank %s, %q down %w by random ratio 0.5 threshold 0.95 : tensor<2x7x8x64xf32>, !nn.weight<32x64> -> tensor<2x7x8x64xf32>, tensor<5xi32>
  return
}

// -----

// attn.adaptive_rank (C5)
func.func @a_cache_of_any_length(%q: tensor<?x?x8x64xf32>, %k: !attn.cache<?x?x2x64xf32>, %low: !attn.cache<?x?x2x32xf32>) {
  %w = nn.weight "down" : !nn.weight<32x64>
  %s = attn.dot_product %q, %k : tensor<?x?x8x64xf32>, !attn.cache<?x?x2x64xf32>
  // expected-error @+1 {{expects sequences that say how many keys of '!attn.cache<?x?x2x64xf32>' there are}}
  %o, %c = attn.adaptive_rank %s, %k down %w low_keys %low : !attn.cache<?x?x2x32xf32> by entropy ratio 0.5 threshold 0.95 : !attn.cache<?x?x2x64xf32>, !nn.weight<32x64> -> tensor<?x?x8x64xf32>, tensor<9xi32>
  return
}

// -----

// attn.adaptive_rank (C7)
func.func @a_cache_that_nobody_projects(%q: tensor<?x?x8x64xf32>, %k: !attn.cache<?x?x2x64xf32>, %start: tensor<?xi32>) {
  %w = nn.weight "down" : !nn.weight<32x64>
  %seq = attn.padded start %start : tensor<?xi32>
  %s = attn.dot_product %q, %k : tensor<?x?x8x64xf32>, !attn.cache<?x?x2x64xf32>
  // expected-error @+1 {{expects `low_keys` where keys are in a cache, since no call projects what earlier ones left; append the products of keys and projection, an nn.generic, to a cache of width 32 and give it here}}
  %o, %c = attn.adaptive_rank %s, %k down %w by entropy ratio 0.5 threshold 0.95 in %seq : !attn.cache<?x?x2x64xf32>, !nn.weight<32x64> -> tensor<?x?x8x64xf32>, tensor<9xi32>
  return
}

// -----

// attn.adaptive_rank (C7)
func.func @low_keys_of_another_rank(%q: tensor<?x?x8x64xf32>, %k: !attn.cache<?x?x2x64xf32>, %low: !attn.cache<?x?x2x16xf32>, %start: tensor<?xi32>) {
  %w = nn.weight "down" : !nn.weight<32x64>
  %seq = attn.padded start %start : tensor<?xi32>
  %s = attn.dot_product %q, %k : tensor<?x?x8x64xf32>, !attn.cache<?x?x2x64xf32>
  // expected-error @+1 {{expects `low_keys` with the rows and heads of the keys and width 32, but got '!attn.cache<?x?x2x16xf32>' beside '!attn.cache<?x?x2x64xf32>'}}
  %o, %c = attn.adaptive_rank %s, %k down %w low_keys %low : !attn.cache<?x?x2x16xf32> by entropy ratio 0.5 threshold 0.95 in %seq : !attn.cache<?x?x2x64xf32>, !nn.weight<32x64> -> tensor<?x?x8x64xf32>, tensor<9xi32>
  return
}
