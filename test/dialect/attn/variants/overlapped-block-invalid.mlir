// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.overlapped_block, by their labels.

// attn.overlapped_block (C1)
func.func @an_odd_size(%q: tensor<2x7x4x16xf32>) {
  %c = arith.constant 7 : i32
  %s = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects an even size, whose halves overlap, but got 7}}
  %o = attn.overlapped_block %s, %q of %c : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return
}

// -----

// attn.overlapped_block (C1)
func.func @no_block(%q: tensor<2x7x4x16xf32>) {
  %c = arith.constant 0 : i32
  %s = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects `size` between 1 and 2147483647, but got 0; blocks of 2 are the smallest that overlap by half}}
  %o = attn.overlapped_block %s, %q of %c : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return
}

// -----

// attn.block (C1)
func.func @odd_halves(%q: tensor<2x7x4x16xf32>) {
  %c = arith.constant 5 : i32
  %s = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects an even size of blocks that overlap by half, but got 5}}
  %r = attn.block %s of %c later
  return
}

// -----

// attn.block (C2)
func.func @both_blocks(%q: tensor<2x7x4x16xf32>, %c: i32) {
  %s = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects `earlier` or `later`, but got both; they are two chains, whose outputs are added}}
  %r = attn.block %s of %c earlier later
  return
}
