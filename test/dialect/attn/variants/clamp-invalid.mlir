// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.clamp, by their labels.

// attn.clamp (C1)
func.func @bound_of_zero(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %c = arith.constant 0.0 : f32
  // expected-error @+1 {{expects a positive bound, but got 0.000000e+00; leave the op out where scores are not to be bounded}}
  %r = attn.clamp %s at %c
  return
}
