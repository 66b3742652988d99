// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.global_local, by their labels.

// attn.global_local (C1)
func.func @window_of_nothing(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<2x7xi1>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %w = arith.constant 0 : i32
  // expected-error @+1 {{expects `window` between 1 and 2147483647, but got 0; a window of 1 sees only itself}}
  %r = attn.global_local %s window %w queries %m keys %m : tensor<2x7xi1>, tensor<2x7xi1>
  return
}

// -----

// attn.global_local (C2)
func.func @queries_of_all_sequences(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<2x7xi1>, %all: tensor<7xi1>, %w: i32) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects an axis for each dimension of the mask of queries, but got 2 axes for rank 1}}
  %r = attn.global_local %s window %w queries %all keys %m : tensor<7xi1>, tensor<2x7xi1>
  return
}

// -----

// attn.global_local (C2)
func.func @keys_by_head(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<2x7xi1>, %heads: tensor<2x4x7xi1>, %w: i32) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects an axis for each dimension of the mask of keys, but got 2 axes for rank 3}}
  %r = attn.global_local %s window %w queries %m keys %heads : tensor<2x7xi1>, tensor<2x4x7xi1>
  return
}
