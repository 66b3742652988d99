// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.adaptive_precision, by their labels.

// attn.adaptive_precision (C3)
func.func @a_cache_of_any_length(%q: tensor<?x?x8x64xf32>, %k: !attn.cache<?x?x2x64xf32>, %v: !attn.cache<?x?x2x64xf32>) {
  %seq = attn.padded start bottom_right
  %s = attn.dot_product %q, %k : tensor<?x?x8x64xf32>, !attn.cache<?x?x2x64xf32>
  // expected-error @+1 {{expects sequences that say how many keys of '!attn.cache<?x?x2x64xf32>' there are, for its sample; give attn.padded key lengths, or the start of the queries}}
  %o, %c = attn.adaptive_precision %s, %v default adaptive in %seq : !attn.cache<?x?x2x64xf32> -> tensor<?x?x8x64xf32>, tensor<5xi32>
  return
}

// -----

// attn.adaptive_precision (C1)
func.func @narrow_already(%q: tensor<?x?x8x64xbf16>, %v: tensor<?x?x2x64xf32>) {
  %s = attn.dot_product %q, %q : tensor<?x?x8x64xbf16>, tensor<?x?x8x64xbf16>
  // expected-error @+1 {{expects queries, keys, values and output of f32, which it converts, but got 'tensor<?x?x8x64xbf16>'; cast them by nn.cast}}
  %o, %c = attn.adaptive_precision %s, %v default adaptive : tensor<?x?x2x64xf32> -> tensor<?x?x8x64xf32>, tensor<5xi32>
  return
}

// -----

// attn.adaptive_precision (C2)
func.func @an_unknown_precision(%q: tensor<?x?x8x64xf32>) {
  %s = attn.dot_product %q, %q : tensor<?x?x8x64xf32>, tensor<?x?x8x64xf32>
  // expected-error @+1 {{expects `default` to be adaptive, fp32, fp16 or bf16, but got fp8}}
  %o, %c = attn.adaptive_precision %s, %q default fp8 : tensor<?x?x8x64xf32> -> tensor<?x?x8x64xf32>, tensor<5xi32>
  return
}

// -----

// attn.adaptive_precision (C3)
func.func @rows_of_a_batch_at_offsets(%q: tensor<2x7x8x64xf32>, %offsets: tensor<3xi32>) {
  %seq = attn.packed %offsets, %offsets : tensor<3xi32>, tensor<3xi32> start top_left
  %s = attn.dot_product %q, %q : tensor<2x7x8x64xf32>, tensor<2x7x8x64xf32>
  // expected-error @+1 {{expects queries that are a tensor of (row, head, width) at attn.packed, but got 'tensor<2x7x8x64xf32>'}}
  %o, %c = attn.adaptive_precision %s, %q default adaptive in %seq : tensor<2x7x8x64xf32> -> tensor<2x7x8x64xf32>, tensor<5xi32>
  return
}

// -----

// attn.adaptive_precision (C4)
func.func @four_statistics(%q: tensor<2x7x8x64xf32>) {
  %s = attn.dot_product %q, %q : tensor<2x7x8x64xf32>, tensor<2x7x8x64xf32>
  // expected-error @+1 {{expects statistics of 5 numbers, but got 'tensor<4xi32>'}}
  %o, %c = attn.adaptive_precision %s, %q default adaptive : tensor<2x7x8x64xf32> -> tensor<2x7x8x64xf32>, tensor<4xi32>
  return
}

// -----

// attn.adaptive_precision (C3)
func.func @hidden_keys_of_a_cache(%q: tensor<?x?x8x64xf32>, %k: !attn.cache<?x?x2x64xf32>, %start: tensor<?xi32>, %seen: tensor<?x?xi1>) {
  %seq = attn.padded start %start : tensor<?xi32>
  %s = attn.dot_product %q, %k : tensor<?x?x8x64xf32>, !attn.cache<?x?x2x64xf32>
  // expected-note @+1 {{keys are hidden here}}
  %s1 = attn.masked %s by %seen axes "n s" : tensor<?x?xi1>
  // expected-error @+1 {{expects a cache to hold no hidden keys, which its sample cannot pass over; take the mask out of the chain and keep hidden keys out of the cache}}
  %o, %c = attn.adaptive_precision %s1, %k default adaptive in %seq : !attn.cache<?x?x2x64xf32> -> tensor<?x?x8x64xf32>, tensor<5xi32>
  return
}
