// RUN: attn-opt %s --attn-generalize --split-input-file --verify-diagnostics
// Weights of what is no attention's output.

// attn.weights (C1)
// expected-note @+1 {{the output comes from here}}
func.func @of_an_argument(%o: tensor<2x7x4x16xf32>) -> tensor<2x4x7x5xf32> {
  // expected-error @+1 {{expects the output of a closing op or of attn.generic, but got a block argument; take weights where the chain is closed}}
  %a = attn.weights of %o : tensor<2x7x4x16xf32> -> tensor<2x4x7x5xf32>
  return %a : tensor<2x4x7x5xf32>
}

// -----

// attn.weights (C1)
func.func @of_a_changed_output(%q: tensor<2x7x4x16xf32>) -> tensor<2x4x7x7xf32> {
  %s = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %o = attn.softmax %s, %q : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  // expected-note @+1 {{the output comes from here}}
  %r = nn.add %o, %q : tensor<2x7x4x16xf32>
  // expected-error @+1 {{but got a result of 'nn.add'; take weights of the chain itself, before its output is changed or merged}}
  %a = attn.weights of %r : tensor<2x7x4x16xf32> -> tensor<2x4x7x7xf32>
  return %a : tensor<2x4x7x7xf32>
}

// -----

// attn.weights (C1)
func.func @of_another_result(%q: tensor<1x4x4x4xf32>, %scale: f32) -> tensor<1x4x4x4xf32> {
  // expected-note @+1 {{the output comes from here}}
  %a = attn.generic exp sum queries(%q : tensor<1x4x4x4xf32>) keys(%q : tensor<1x4x4x4xf32>) value(%q : tensor<1x4x4x4xf32>)
      scale %scale weights heads -> tensor<1x4x4x4xf32>
  // expected-error @+1 {{but got another result of it; weights are behind the output alone}}
  %b = attn.weights of %a : tensor<1x4x4x4xf32> -> tensor<1x4x4x4xf32>
  return %b : tensor<1x4x4x4xf32>
}
