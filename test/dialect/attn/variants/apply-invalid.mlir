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
  // expected-error @+1 {{expects parameters of type ('f32') for @shifted, but got ('i32'); parameter 0: give one of the declared type, or declare the type that is given}}
  %r = attn.apply @shifted(%w) to %s : i32
  return
}

// -----

// expected-note @+1 {{the variant is declared here}}
attn.variant @by_table score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %c: f32, %table: tensor<?x9xf32>):
  attn.yield %s : f32
}

// attn.apply (C1)
func.func @too_few(%q: tensor<2x7x9x16xf32>, %k: tensor<2x7x9x16xf32>, %c: f32) {
  %s = attn.dot_product %q, %k : tensor<2x7x9x16xf32>, tensor<2x7x9x16xf32>
  // expected-error @+1 {{expects parameters of type ('f32', 'tensor<?x9xf32>') for @by_table, but got ('f32'); give one operand for each parameter, in their order}}
  %r = attn.apply @by_table(%c) to %s : f32
  return
}

// -----

// expected-note @+1 {{the variant is declared here}}
attn.variant @by_table score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %c: f32, %table: tensor<?x9xf32>):
  attn.yield %s : f32
}

// attn.apply (C1)
func.func @table_of_other_size(%q: tensor<2x7x9x16xf32>, %k: tensor<2x7x9x16xf32>, %c: f32, %table: tensor<32x?xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x9x16xf32>, tensor<2x7x9x16xf32>
  // expected-error @+1 {{but got ('f32', 'tensor<32x?xf32>'); parameter 1: give dimension 1 the size 9 by its type, or declare it as `?`}}
  %r = attn.apply @by_table(%c, %table) to %s : f32, tensor<32x?xf32>
  return
}

// -----

// expected-note @+1 {{the variant is declared here}}
attn.variant @by_table score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %c: f32, %table: tensor<?x9xf32>):
  attn.yield %s : f32
}

// attn.apply (C1)
func.func @table_of_other_elements(%q: tensor<2x7x9x16xf32>, %k: tensor<2x7x9x16xf32>, %c: f32, %table: tensor<?x9xi32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x9x16xf32>, tensor<2x7x9x16xf32>
  // expected-error @+1 {{parameter 1: give elements of the declared type; floats of 16 and 32 bits, and weights, stand for one another}}
  %r = attn.apply @by_table(%c, %table) to %s : f32, tensor<?x9xi32>
  return
}

// -----

// expected-note @+1 {{the variant is declared here}}
attn.variant @by_table score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %c: f32, %table: tensor<?x9xf32>):
  attn.yield %s : f32
}

// attn.apply (C1)
func.func @table_of_other_rank(%q: tensor<2x7x9x16xf32>, %k: tensor<2x7x9x16xf32>, %c: f32, %table: tensor<9xf32>) {
  %s = attn.dot_product %q, %k : tensor<2x7x9x16xf32>, tensor<2x7x9x16xf32>
  // expected-error @+1 {{parameter 1: give as many dimensions as are declared}}
  %r = attn.apply @by_table(%c, %table) to %s : f32, tensor<9xf32>
  return
}

// -----

// expected-note @+1 {{the variant is declared here}}
attn.variant @by_table score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %c: f32, %table: tensor<?x9xf32>):
  attn.yield %s : f32
}

// attn.apply (C1)
func.func @table_of_weight_of_other_size(%q: tensor<2x7x9x16xf32>, %k: tensor<2x7x9x16xf32>, %c: f32) {
  %table = nn.weight "bias.weight" : !nn.weight<32x12>
  %s = attn.dot_product %q, %k : tensor<2x7x9x16xf32>, tensor<2x7x9x16xf32>
  // expected-error @+1 {{but got ('f32', '!nn.weight<32x12>'); parameter 1: give dimension 1 the size 9 by its type, or declare it as `?`}}
  %r = attn.apply @by_table(%c, %table) to %s : f32, !nn.weight<32x12>
  return
}
