// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.adaptive_precision, by their labels.

// attn.adaptive_precision (C1)
func.func @keys_in_a_cache(%q: tensor<?x?x8x64xf32>, %k: !attn.cache<?x?x2x64xf32>, %v: tensor<?x?x2x64xf32>) {
  %s = attn.dot_product %q, %k : tensor<?x?x8x64xf32>, !attn.cache<?x?x2x64xf32>
  // expected-error @+1 {{expects queries and keys that are tensors of rank 4, but got '!attn.cache<?x?x2x64xf32>'; it makes others of them, which a cache cannot become}}
  %o, %c = attn.adaptive_precision %s, %v default adaptive : tensor<?x?x2x64xf32> -> tensor<?x?x8x64xf32>, tensor<5xi32>
  return
}

// -----

// attn.adaptive_precision (C1)
func.func @narrow_already(%q: tensor<?x?x8x64xbf16>, %v: tensor<?x?x2x64xf32>) {
  %s = attn.dot_product %q, %q : tensor<?x?x8x64xbf16>, tensor<?x?x8x64xbf16>
  // expected-error @+1 {{expects queries, keys and values of f32, which it converts, but got 'tensor<?x?x8x64xbf16>'}}
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
func.func @packed_rows(%q: tensor<2x7x8x64xf32>, %offsets: tensor<3xi32>) {
  %seq = attn.packed %offsets, %offsets : tensor<3xi32>, tensor<3xi32> start top_left
  %s = attn.dot_product %q, %q : tensor<2x7x8x64xf32>, tensor<2x7x8x64xf32>
  // expected-error @+1 {{expects sequences as rows of a batch, but got packed ones; use attn.padded}}
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
