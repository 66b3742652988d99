// RUN: attn-opt %s --attn-generalize --split-input-file --verify-diagnostics
// Chains without a source, and positions that nobody has said.

func.func @scores_of_another_op(%c: i1, %q: tensor<2x7x4x16xf32>) -> tensor<2x7x4x16xf32> {
  %s0 = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.causal %s0
  // expected-note @+1 {{these scores are neither a source nor a modifier}}
  %s2 = arith.select %c, %s0, %s1 : !attn.scores
  // expected-error @+1 {{expects scores made by a chain of attn ops; begin it with a source such as attn.dot_product}}
  %o = attn.softmax %s2, %q : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// -----

func.func @lengths_that_may_differ(%q: tensor<?x?x4x16xf32> {nn.dims = ["B", "T", "4", "16"]},
                                   %k: tensor<?x?x4x16xf32> {nn.dims = ["B", "S", "4", "16"]}) -> tensor<?x?x4x16xf32> {
  %s0 = attn.dot_product %q, %k : tensor<?x?x4x16xf32>, tensor<?x?x4x16xf32>
  // expected-note @+1 {{the query's position is used here}}
  %s1 = attn.causal %s0
  // expected-error @+1 {{write `in` with an attn.padded that says `start bottom_right` (the last query at the last key), `start top_left`}}
  %o = attn.softmax %s1, %k : tensor<?x?x4x16xf32> -> tensor<?x?x4x16xf32>
  return %o : tensor<?x?x4x16xf32>
}

// -----

func.func @static_lengths_that_differ(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x4x16xf32>) -> tensor<2x7x4x16xf32> {
  %s0 = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x5x4x16xf32>
  // expected-note @+1 {{the query's position is used here}}
  %s1 = attn.alibi %s0
  // expected-error @+1 {{expects to know where the queries stand on the key axis}}
  %o = attn.softmax %s1, %k : tensor<2x5x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// -----

func.func @a_cache_without_a_start(%q: tensor<?x?x9x64xf32>, %k: !attn.cache<?x?x3x64xbf16>, %l: tensor<?xi32>) -> tensor<?x?x9x64xf32> {
  %seq = attn.padded keys(%l : tensor<?xi32>)
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, !attn.cache<?x?x3x64xbf16>
  // expected-note @+1 {{the query's position is used here}}
  %s1 = attn.causal %s0
  // expected-error @+1 {{expects to know where the queries stand on the key axis}}
  %o = attn.softmax %s1, %k in %seq : !attn.cache<?x?x3x64xbf16> -> tensor<?x?x9x64xf32>
  return %o : tensor<?x?x9x64xf32>
}

// -----

// attn.apply (C2)
// expected-note @+1 {{the weights are declared here}}
attn.variant @bounded weights linear none score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32):
  %r = math.tanh %s : f32
  attn.yield %r : f32
}
func.func @weights_closed_by_another_op(%q: tensor<2x7x4x16xf32>) -> tensor<2x7x4x16xf32> {
  %s0 = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.apply @bounded() to %s0
  // expected-error @+1 {{expects to close the chain by `linear none`, as a variant in it declares, but closes by `exp sum`; use attn.none}}
  %o = attn.softmax %s1, %q : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// -----

// attn.apply (C3)
attn.variant @distance pair {
^bb0(%a: f32, %b: f32, %feature: i32):
  %r = arith.subf %a, %b : f32
  attn.yield %r : f32
}
func.func @pairs_given_twice(%q: tensor<2x7x4x16xf32>) -> tensor<2x7x4x16xf32> {
  %s0 = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-note @+1 {{the other one is given here}}
  %s1 = attn.apply @distance() to %s0
  // expected-error @+1 {{expects to give the only pair region of its chain, but the chain has one already}}
  %s2 = attn.apply @distance() to %s1
  %o = attn.softmax %s2, %q : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// -----

func.func @all_problems_in_one_run(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x4x16xf32>) -> (tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>) {
  %s0 = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x5x4x16xf32>
  // expected-note @+1 {{the query's position is used here}}
  %s1 = attn.causal %s0
  // expected-error @+1 {{expects to know where the queries stand on the key axis}}
  %o1 = attn.softmax %s1, %k : tensor<2x5x4x16xf32> -> tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects to know where the queries stand on the key axis}}
  %o2 = attn.softmax %s1, %k : tensor<2x5x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o1, %o2 : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
}
