// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.dilated, by their labels.

// attn.dilated (C1)
func.func @no_step(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %d = arith.constant 0 : i32
  // expected-error @+1 {{expects `dilation` between 1 and 2147483647, but got 0; a dilation of 1 keeps every key}}
  %r = attn.dilated %s by %d
  return
}
