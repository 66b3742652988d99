// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.decay, by their labels.

// attn.decay (C1)
func.func @gates_of_rank_4(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x16xf32>, %g: tensor<2x7x2x1xf32>) {
  %s = attn.retention %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x2x16xf32>
  // expected-error @+1 {{expects gates of (sequence, position, key head), (row, key head) when packed, or (key head), which a weight is, or a cache of (sequence, position, key head, 1), but got 'tensor<2x7x2x1xf32>'}}
  %r = attn.decay %s by %g : tensor<2x7x2x1xf32>
  return
}

// -----

// attn.decay (C1)
func.func @gates_of_half_precision(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x16xf32>, %g: tensor<2xbf16>) {
  %s = attn.retention %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x2x16xf32>
  // expected-error @+1 {{operand #1 must be f32 tensor, cache or weight}}
  %r = attn.decay %s by %g : tensor<2xbf16>
  return
}

// -----

// attn.decay (C2)
func.func @two_decays(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x16xf32>, %g: tensor<2xf32>) {
  %s = attn.retention %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x2x16xf32>
  // expected-note @+1 {{the other one is here}}
  %d = attn.decay %s by %g : tensor<2xf32>
  // expected-error @+1 {{expects to be the only decay of its chain; add the gates up before}}
  %r = attn.decay %d by %g : tensor<2xf32>
  return
}

// -----

// attn.decay (C1)
func.func @gates_kept_in_bf16(%q: tensor<2x7x4x16xf32>, %k: !attn.cache<?x?x4x16xbf16>, %g: !attn.cache<?x?x4x1xbf16>) {
  %s = attn.linear %q, %k : tensor<2x7x4x16xf32>, !attn.cache<?x?x4x16xbf16>
  // expected-error @+1 {{expects gates of f32, whose sums round otherwise, but got '!attn.cache<?x?x4x1xbf16>'; keep them in a cache of f32 whatever the keys' is}}
  %r = attn.decay %s by %g : !attn.cache<?x?x4x1xbf16>
  return
}
