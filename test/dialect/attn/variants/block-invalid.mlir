// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.block, by their labels.

// attn.block (C1)
func.func @a_negative_size(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %c = arith.constant -4 : i32
  // expected-error @+1 {{expects `size` between 1 and 2147483647, but got -4; in blocks of 1 a query sees only itself}}
  %r = attn.block %s of %c
  return
}

// -----

// attn.block (C2)
func.func @both_blocks(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %c = arith.constant 4 : i32
  // expected-error @+1 {{expects `earlier` or `later`, but got both; they are two chains, whose outputs are added}}
  %r = attn.block %s of %c earlier later
  return
}
