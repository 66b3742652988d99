// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.none, by their labels.

// attn.none (C1)
func.func @heads_do_not_divide(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x16xf32>, %v: tensor<2x7x3x16xf32>) {
  %s = attn.retention %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x2x16xf32>
  // expected-error @+1 {{expects static output heads, a multiple of the value's heads, but got 'tensor<2x7x4x16xf32>' and 'tensor<2x7x3x16xf32>'}}
  %o = attn.none %s, %v : tensor<2x7x3x16xf32> -> tensor<2x7x4x16xf32>
  return
}

// -----

// attn.none (C2)
func.func @widths_differ(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x16xf32>, %v: tensor<2x7x2x16xf32>) {
  %s = attn.retention %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x2x16xf32>
  // expected-error @+1 {{expects value and output of one static width, but got 'tensor<2x7x2x16xf32>' and 'tensor<2x7x4x8xf32>'}}
  %o = attn.none %s, %v : tensor<2x7x2x16xf32> -> tensor<2x7x4x8xf32>
  return
}

// -----

// attn.none (C3)
func.func @a_sum_that_divides_nothing(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x16xf32>, %v: tensor<2x7x2x16xf32>, %U: tensor<2x2x16x16xf32>, %u: tensor<2x2x16xf32>) {
  %s = attn.retention %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x2x16xf32>
  // expected-error @+1 {{expects 1 part of the initial state, but got 2; without a normaliser there is U alone}}
  %o = attn.none %s, %v state(%U, %u : tensor<2x2x16x16xf32>, tensor<2x2x16xf32>) : tensor<2x7x2x16xf32> -> tensor<2x7x4x16xf32>
  return
}

// -----

// attn.none (C4)
func.func @a_form_that_is_none(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x16xf32>, %v: tensor<2x7x2x16xf32>) {
  %s = attn.retention %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x2x16xf32>
  // expected-error @+1 {{expects `form` to be "quadratic", "chunked", "chunked N" with 1 <= N <= 1024 tokens a chunk, or "recurrent", but got "parallel"; leave it out to have it chosen by cost}}
  %o = attn.none %s, %v form "parallel" : tensor<2x7x2x16xf32> -> tensor<2x7x4x16xf32>
  return
}
