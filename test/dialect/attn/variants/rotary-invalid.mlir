// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.rotary, by their labels.

// attn.rotary (C1)
func.func @rotates_an_odd_width(%q: tensor<2x7x4x16xf32>) {
  // expected-error @+1 {{expects a rotated width that is even, positive and at most 16, but got 7}}
  %r = attn.rotary %q halves base 1.0e4 width 7 : tensor<2x7x4x16xf32>
  return
}

// -----

// attn.rotary (C2)
func.func @rotates_by_no_base(%q: tensor<2x7x4x16xf32>) {
  // expected-error @+1 {{expects a positive base, but got 0.000000e+00}}
  %r = attn.rotary %q halves base 0.0 : tensor<2x7x4x16xf32>
  return
}

// -----

// Elements
func.func @integers(%x: tensor<?x?x2x16xi32>) {
  // expected-error @+1 {{expects elements of type f32, bf16 or f16, but got 'tensor<?x?x2x16xi32>'; kernels compute with no others}}
  %y = attn.rotary %x halves base 1.0e4 : tensor<?x?x2x16xi32>
  return
}
