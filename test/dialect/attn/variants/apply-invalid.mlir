// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of attn.apply, by their labels.

// attn.apply (C1)
func.func @no_such_variant(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects @nobody to name an attn.variant, but none is declared; bring a file of them in by --with=FILE}}
  %r = attn.apply @nobody() to %s
  return
}

// -----

// expected-note @+1 {{the variant is declared here}}
attn.variant @shifted score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %c: f32):
  attn.yield %s : f32
}

// attn.apply (C1)
func.func @parameters_of_other_types(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x4x16xf32>, %w: i32) {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects parameters of type ('f32') for @shifted, but got ('i32')}}
  %r = attn.apply @shifted(%w) to %s : i32
  return
}
