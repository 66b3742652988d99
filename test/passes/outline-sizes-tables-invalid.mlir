// RUN: split-file %s %t
// RUN: attn-opt %t/padded.mlir --attn-generalize --attn-outline --split-input-file --verify-diagnostics
// RUN: attn-opt %t/packed.mlir --attn-generalize --attn-outline --split-input-file --verify-diagnostics
// RUN: attn-opt %t/caches.mlir --attn-generalize --attn-outline | FileCheck %s
//
// Tensors that are read by written axes have their sizes: n sequences, h query heads, t rows of the call, s keys. Of keys in
// caches, and of packed ones, no dimension says how many a sequence has. Of a name that nn.bounds bounds, a table may have more.

//--- padded.mlir
// expected-note @+1 {{the sizes of the query are (B, T, 2, 16)}}
func.func @a_mask_of_other_names(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]},
    // expected-note @+1 {{the sizes of the keys are (B, S, 2, 16)}}
    %k: tensor<?x?x2x16xf32> {nn.dims = ["B", "S", "2", "16"]},
    // expected-note @+1 {{the sizes of the tensor read by axes "n t s" are (N, R, M)}}
    %m: tensor<?x?x?xi1> {nn.dims = ["N", "R", "M"]}) -> tensor<?x?x2x16xf32> {
  %s0 = attn.dot_product %q, %k : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>
  // expected-error @+3 {{'attn.load' op expects dimension 0 of the tensor read by axes "n t s" to have the size of dimension 0 of the query, but got 'N' and 'B'; write one name for both in nn.dims; the runtime holds a name to one size, and compares no two names}}
  // expected-error @+2 {{'attn.load' op expects dimension 1 of the tensor read by axes "n t s" to have the size of dimension 1 of the query, but got 'R' and 'T'}}
  // expected-error @+1 {{'attn.load' op expects dimension 2 of the tensor read by axes "n t s" to have the size of dimension 1 of the keys, but got 'M' and 'S'}}
  %s1 = attn.masked %s0 by %m axes "n t s" : tensor<?x?x?xi1>
  %o = attn.softmax %s1, %k : tensor<?x?x2x16xf32> -> tensor<?x?x2x16xf32>
  return %o : tensor<?x?x2x16xf32>
}

// -----

// By numbers, and a bias in any order of axes.
// expected-note @+1 {{the sizes of the query are (2, 7, 2, 16)}}
func.func @a_bias_of_fewer_rows(%q: tensor<2x7x2x16xf32>,
    // expected-note @+1 {{the sizes of the keys are (2, 9, 2, 16)}}
    %k: tensor<2x9x2x16xf32>,
    // expected-note @+1 {{the sizes of the tensor read by axes "s h t" are (8, 2, 6)}}
    %bias: tensor<8x2x6xf32>) -> tensor<2x7x2x16xf32> {
  %s0 = attn.dot_product %q, %k : tensor<2x7x2x16xf32>, tensor<2x9x2x16xf32>
  // expected-error @+2 {{expects dimension 0 of the tensor read by axes "s h t" to have the size of dimension 1 of the keys, but got 8 and 9; make them one}}
  // expected-error @+1 {{expects dimension 2 of the tensor read by axes "s h t" to have the size of dimension 1 of the query, but got 6 and 7; make them one}}
  %s1 = attn.biased %s0 by %bias axes "s h t" : tensor<8x2x6xf32>
  %o = attn.softmax %s1, %k : tensor<2x9x2x16xf32> -> tensor<2x7x2x16xf32>
  return %o : tensor<2x7x2x16xf32>
}

// -----

// expected-note @+2 {{the sizes of the query are (B, T, 2, 16)}}
// expected-note @+1 {{the sizes of the keys are (B, T, 2, 16)}}
func.func @global_tokens_and_slopes(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]}, %window: i32,
    // expected-note @+1 {{the sizes of the tensor read by axes "n t" are (B, 4)}}
    %rows: tensor<?x4xi1> {nn.dims = ["B", "4"]},
    // expected-note @+1 {{the sizes of the tensor read by axes "n s" are (B, S)}}
    %keys: tensor<?x?xi1> {nn.dims = ["B", "S"]},
    // expected-note @+1 {{the sizes of the tensor read by axes "h" are (H)}}
    %slopes: tensor<?xf32> {nn.dims = ["H"]}) -> tensor<?x?x2x16xf32> {
  %s0 = attn.dot_product %q, %q : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>
  // expected-error @+2 {{expects dimension 1 of the tensor read by axes "n t" to have the size of dimension 1 of the query, but got 4 and 'T'; write the number in both types, or one name for both in nn.dims}}
  // expected-error @+1 {{expects dimension 1 of the tensor read by axes "n s" to have the size of dimension 1 of the keys, but got 'S' and 'T'}}
  %s1 = attn.global_local %s0 window %window queries %rows keys %keys : tensor<?x4xi1>, tensor<?x?xi1>
  // expected-error @+1 {{expects dimension 0 of the tensor read by axes "h" to have the size of dimension 2 of the query, but got 'H' and 2; write the number in both types, or one name for both in nn.dims}}
  %s2 = attn.alibi %s1 slopes %slopes : tensor<?xf32>
  %o = attn.softmax %s2, %q : tensor<?x?x2x16xf32> -> tensor<?x?x2x16xf32>
  return %o : tensor<?x?x2x16xf32>
}

// -----

// A learned table may have rows for the longest call, not fewer.
// expected-note @+2 {{the sizes of the query are (B, T, 2, 16)}}
// expected-note @+1 {{the sizes of the keys are (B, T, 2, 16)}}
func.func @a_table_for_shorter_calls(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]},
    // expected-note @+1 {{the sizes of the tensor read by axes "h t s" are (2, 512, 511)}}
    %bias: tensor<2x512x511xf32>) -> tensor<?x?x2x16xf32> attributes {nn.bounds = {B = 4, T = 513}} {
  %s0 = attn.dot_product %q, %q : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>
  // expected-error @+2 {{expects dimension 1 of the tensor read by axes "h t s" to have at least the 513 that nn.bounds grants 'T', but got 512; give it as many, or lower the bound}}
  // expected-error @+1 {{expects dimension 2 of the tensor read by axes "h t s" to have at least the 513 that nn.bounds grants 'T', but got 511; give it as many, or lower the bound}}
  %s1 = attn.biased %s0 by %bias axes "h t s" : tensor<2x512x511xf32>
  %o = attn.softmax %s1, %q : tensor<?x?x2x16xf32> -> tensor<?x?x2x16xf32>
  return %o : tensor<?x?x2x16xf32>
}

// -----

// What a layer writes several times is said once.
// expected-note @+1 {{the sizes of the keys are (B, T, 2, 16)}}
func.func @a_mask_of_a_layer(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]},
    // expected-note @+1 {{the sizes of the tensor read by axes "n s" are (B, S)}}
    %m: tensor<?x?xi1> {nn.dims = ["B", "S"]}) -> (tensor<?x?x2x16xf32>, tensor<?x2x?x?xf32>) {
  %s0 = attn.dot_product %q, %q : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>
  // expected-error @+1 {{expects dimension 1 of the tensor read by axes "n s" to have the size of dimension 1 of the keys, but got 'S' and 'T'}}
  %s1 = attn.masked %s0 by %m axes "n s" : tensor<?x?xi1>
  %o = attn.softmax %s1, %q : tensor<?x?x2x16xf32> -> tensor<?x?x2x16xf32>
  %w = attn.weights of %o : tensor<?x?x2x16xf32> -> tensor<?x2x?x?xf32>
  return %o, %w : tensor<?x?x2x16xf32>, tensor<?x2x?x?xf32>
}

//--- packed.mlir
// Rows of the whole call, and one sequence less than there are offsets; keys of one sequence have no dimension.
// expected-note @+1 {{the sizes of the query are (R, 2, 16)}}
func.func @packed_rows(%q: tensor<?x2x16xf32> {nn.dims = ["R", "2", "16"]},
    // expected-note @+1 {{the sizes of the query offsets are (O)}}
    %offsets: tensor<?xi32> {nn.dims = ["O"]},
    // expected-note @+1 {{the sizes of the tensor read by axes "n t s" are (B, T, S)}}
    %m: tensor<?x?x?xi1> {nn.dims = ["B", "T", "S"]}) -> tensor<?x2x16xf32> {
  %seq = attn.packed %offsets, %offsets : tensor<?xi32>, tensor<?xi32> start top_left
  %s0 = attn.dot_product %q, %q : tensor<?x2x16xf32>, tensor<?x2x16xf32>
  // expected-error @+2 {{expects dimension 0 of the query offsets to be one more than dimension 0 of the tensor read by axes "n t s", but got 'O' and 'B'; write 'B + 1' for the offsets}}
  // expected-error @+1 {{expects dimension 1 of the tensor read by axes "n t s" to have the size of dimension 0 of the query, but got 'T' and 'R'}}
  %s1 = attn.masked %s0 by %m axes "n t s" : tensor<?x?x?xi1>
  %o = attn.softmax %s1, %q in %seq : tensor<?x2x16xf32> -> tensor<?x2x16xf32>
  return %o : tensor<?x2x16xf32>
}

//--- caches.mlir
// CHECK-LABEL: func.func @keys_in_a_cache
func.func @keys_in_a_cache(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]},
    %k: !attn.cache<?x?x2x16xf32> {nn.dims = ["B", "C", "2", "16"]}, %m: tensor<?x?x?xi1> {nn.dims = ["B", "T", "M"]}) -> tensor<?x?x2x16xf32> {
  %start = attn.length %k : !attn.cache<?x?x2x16xf32> -> tensor<?xi32>
  %seq = attn.padded start %start : tensor<?xi32>
  %s0 = attn.dot_product %q, %k : tensor<?x?x2x16xf32>, !attn.cache<?x?x2x16xf32>
  %s1 = attn.masked %s0 by %m axes "n t s" : tensor<?x?x?xi1>
  %o = attn.softmax %s1, %k in %seq : !attn.cache<?x?x2x16xf32> -> tensor<?x?x2x16xf32>
  return %o : tensor<?x?x2x16xf32>
}

// CHECK-LABEL: func.func @a_table_for_the_longest_call
func.func @a_table_for_the_longest_call(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]}, %bias: tensor<2x512x640xf32>)
    -> tensor<?x?x2x16xf32> attributes {nn.bounds = {T = 512}} {
  %s0 = attn.dot_product %q, %q : tensor<?x?x2x16xf32>, tensor<?x?x2x16xf32>
  %s1 = attn.biased %s0 by %bias axes "h t s" : tensor<2x512x640xf32>
  %o = attn.softmax %s1, %q : tensor<?x?x2x16xf32> -> tensor<?x?x2x16xf32>
  return %o : tensor<?x?x2x16xf32>
}
