// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.masked, by their labels.

// attn.masked (C1)
func.func @an_unknown_axis(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<7x7xi1>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects axes among n, h, t and s, but got 'x'}}
  %r = attn.masked %s by %m axes "t x" : tensor<7x7xi1>
  return
}

// -----

// attn.masked (C1)
func.func @an_axis_twice(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<7x7xi1>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects each axis once, but got 't' twice}}
  %r = attn.masked %s by %m axes "t t" : tensor<7x7xi1>
  return
}

// -----

// attn.masked (C1)
func.func @too_few_axes(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<7x7xi1>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects an axis for each dimension of the mask, but got 1 axes for rank 2}}
  %r = attn.masked %s by %m axes "t" : tensor<7x7xi1>
  return
}

// -----

// attn.masked (C1)
func.func @a_mask_of_no_pair(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<2xi1>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects h, t or s among the axes, but got "n"; a mask that names none says the same of every pair of a sequence}}
  %r = attn.masked %s by %m axes "n" : tensor<2xi1>
  return
}

// -----

// attn.masked (C1)
func.func @heads_of_another_model(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<8x7x7xi1>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects axis h of the mask to have 4 query heads, but got 8}}
  %r = attn.masked %s by %m axes "h t s" : tensor<8x7x7xi1>
  return
}

// -----

// attn.masked (C3)
func.func @a_mask_of_numbers(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %m: tensor<7x7xi32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects a mask of i1, but got 'tensor<7x7xi32>'; declare it of i1, to which attn-run takes 0 and 1 of any type, compute it by nn.generic, or add numbers to scores by attn.biased}}
  %r = attn.masked %s by %m axes "t s" : tensor<7x7xi32>
  return
}
