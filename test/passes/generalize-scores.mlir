// RUN: attn-opt %s --attn-generalize --split-input-file --verify-diagnostics
// Scores that a function takes or returns. A program's functions do neither (test/lowering/verify-signatures.mlir), those between passes may.

func.func @scores_from_nowhere(%s: !attn.scores, %v: tensor<2x7x4x16xf32>) -> tensor<2x7x4x16xf32> { // expected-note {{the chain begins here}}
  %s1 = attn.causal %s
  // expected-error @+1 {{expects a chain that begins at a source such as attn.dot_product, but it begins at a block argument}}
  %o = attn.softmax %s1, %v : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// -----

func.func @scores_returned(%q: tensor<2x7x4x16xf32>) -> !attn.scores {
  // expected-error @+1 {{expects scores that a closing op such as attn.softmax takes, but they are used by 'func.return'; scores are never materialised: hand on what the closing op or attn.weights gives}}
  %s = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-note @+1 {{they are used here}}
  return %s : !attn.scores
}
