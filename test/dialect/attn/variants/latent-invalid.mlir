// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.latent, by their labels.

// attn.latent (C1)
func.func @rotary_widths(%q: tensor<2x7x4x16xf32>, %c: tensor<2x7x1x16xf32>, %qr: tensor<2x7x4x8xf32>, %kr: tensor<2x7x1x4xf32>) {
  // expected-error @+1 {{expects query and key of one static width, but got 'tensor<2x7x4x8xf32>' and 'tensor<2x7x1x4xf32>'}}
  %s = attn.latent %q, %c plus %qr, %kr width 16 : tensor<2x7x4x16xf32>, tensor<2x7x1x16xf32>, tensor<2x7x4x8xf32>, tensor<2x7x1x4xf32>
  return
}

// -----

// attn.latent (C2)
func.func @no_width(%q: tensor<2x7x4x16xf32>, %c: tensor<2x7x1x16xf32>, %qr: tensor<2x7x4x8xf32>, %kr: tensor<2x7x1x8xf32>) {
  // expected-error @+1 {{expects `width` of at least 1, that of the keys which the latent stands for, but got 0}}
  %s = attn.latent %q, %c plus %qr, %kr width 0 : tensor<2x7x4x16xf32>, tensor<2x7x1x16xf32>, tensor<2x7x4x8xf32>, tensor<2x7x1x8xf32>
  return
}

// -----

// attn.latent (C3)
func.func @rotary_heads(%q: tensor<2x7x4x16xf32>, %c: tensor<2x7x1x16xf32>, %qr: tensor<2x7x2x8xf32>, %kr: tensor<2x7x1x8xf32>) {
  // expected-error @+1 {{expects both parts to share rows and heads, but got 'tensor<2x7x4x16xf32>' and 'tensor<2x7x2x8xf32>'}}
  %s = attn.latent %q, %c plus %qr, %kr width 16 : tensor<2x7x4x16xf32>, tensor<2x7x1x16xf32>, tensor<2x7x2x8xf32>, tensor<2x7x1x8xf32>
  return
}
