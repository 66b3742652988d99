// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.softmax, by their labels.

// attn.softmax (C1)
func.func @value_heads_do_not_divide(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %v: tensor<2x7x3x16xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects static output heads, a multiple of the value's heads}}
  %o = attn.softmax %s, %v : tensor<2x7x3x16xf32> -> tensor<2x7x4x16xf32>
  return
}

// -----

// attn.softmax (C2)
func.func @output_too_wide(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects value and output of one static width}}
  %o = attn.softmax %s, %k : tensor<2x7x4x16xf32> -> tensor<2x7x4x32xf32>
  return
}

// -----

// attn.softmax (C2)
func.func @values_without_width(%q: tensor<2x7x4x16xf32>, %v: tensor<2x7x4x0xf32>) {
  %s = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects a value of a width of at least 1, but got 'tensor<2x7x4x0xf32>'; an output without features is none}}
  %o = attn.softmax %s, %v : tensor<2x7x4x0xf32> -> tensor<2x7x4x0xf32>
  return
}

// -----

// Elements
func.func @integer_values(%q: tensor<2x7x4x16xf32>, %v: tensor<2x7x4x16xi8>) {
  %s = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+2 {{expects elements of type f32, bf16 or f16, but got 'tensor<2x7x4x16xi8>'; kernels compute with no others}}
  // expected-error @+1 {{expects elements of type f32, bf16 or f16, but got 'tensor<2x7x4x16xi32>'; kernels compute with no others}}
  %o = attn.softmax %s, %v : tensor<2x7x4x16xi8> -> tensor<2x7x4x16xi32>
  return
}
