// RUN: attn-opt %s --attn-generalize --split-input-file --verify-diagnostics
// What the ops of a chain contradict together: constraints of attn.generic, by its labels.

// (C8)
func.func @an_odd_power_over_its_sum(%q: tensor<2x7x4x16xf32>) -> tensor<2x7x4x16xf32> {
  %s0 = attn.power %q, %q degree 3 : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.causal %s0
  // expected-error @+1 {{expects an even `power` with the normaliser sum, but got 3; weights of both signs have no sum to divide by: close with attn.none}}
  %o = attn.sum %s1, %q : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// -----

// (C8)
func.func @exponentials_of_powers(%q: tensor<2x7x4x16xf32>) -> tensor<2x7x4x16xf32> {
  %s0 = attn.power %q, %q degree 2 : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.causal %s0
  // expected-error @+1 {{expects `power` of at least 1 with linear weighting, but got 2 with exp; close a chain of powers with attn.sum or attn.none}}
  %o = attn.softmax %s1, %q : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// -----

// (C12)
func.func @a_sink_without_exponentials(%q: tensor<2x7x4x16xf32>, %sink: tensor<4xf32>) -> tensor<2x7x4x16xf32> {
  %s0 = attn.linear %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.sink %s0 by %sink : tensor<4xf32>
  // expected-error @+1 {{expects `exp sum` with a sink, but got linear sum; a sink joins a softmax's normaliser}}
  %o = attn.sum %s1, %q : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// -----

// (C9)
func.func @gates_without_a_mask(%q: tensor<2x7x4x16xf32>, %gates: tensor<4xf32>) -> tensor<2x7x4x16xf32> {
  %s0 = attn.linear %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.decay %s0 by %gates : tensor<4xf32>
  // expected-error @+1 {{expects a mask that keeps j <= i alone or among its conditions with gates, but got none; add attn.causal}}
  %o = attn.none %s1, %q : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// -----

// (C9)
func.func @gates_of_other_positions(%q: tensor<2x7x4x16xf32>, %gates: tensor<2x5x4xf32>) -> tensor<2x7x4x16xf32> {
  %s0 = attn.linear %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.causal %s0
  %s2 = attn.decay %s1 by %gates : tensor<2x5x4xf32>
  // expected-error @+1 {{but got 'tensor<2x5x4xf32>' for keys of 'tensor<2x7x4x16xf32>'}}
  %o = attn.none %s2, %q : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// -----

// (C5), of two chains of one file
func.func @more_heads_than_queries(%q: tensor<2x7x4x16xf32>, %k: tensor<2x7x2x16xf32>) -> tensor<2x7x8x16xf32> {
  %s = attn.dot_product %q, %k : tensor<2x7x4x16xf32>, tensor<2x7x2x16xf32>
  // expected-error @+1 {{expects an output with the query's rows and heads and the value's width, but got 'tensor<2x7x8x16xf32>' for 'tensor<2x7x4x16xf32>' and 'tensor<2x7x2x16xf32>'}}
  %o = attn.softmax %s, %k : tensor<2x7x2x16xf32> -> tensor<2x7x8x16xf32>
  return %o : tensor<2x7x8x16xf32>
}

func.func @a_log_sum_exp_of_seven(%q: tensor<2x7x4x16xf32>) -> tensor<2x7x4x16xf32> {
  %s = attn.dot_product %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-error @+1 {{expects a log-sum-exp of f32 with the query's rows and heads, but got 'tensor<7xf32>' for 'tensor<2x7x4x16xf32>'}}
  %o, %lse = attn.softmax %s, %q : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32> lse tensor<7xf32>
  return %o : tensor<2x7x4x16xf32>
}

// -----

// (C13)
func.func @a_state_of_other_heads(%q: tensor<2x7x4x16xf32>, %U: tensor<2x3x5x16xf32>) -> tensor<2x7x4x16xf32> {
  %s0 = attn.retention %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.causal %s0
  // expected-error @+1 {{expects U of the initial state to be f32 of (sequence, 4, 16, 16), but got 'tensor<2x3x5x16xf32>'}}
  %o = attn.none %s1, %q state(%U : tensor<2x3x5x16xf32>) : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// -----

// (C14); attn.none (C5)
func.func @values_that_take_over(%q: tensor<2x7x4x16xf32>, %U: tensor<2x4x16x16xf32>) -> tensor<2x7x4x16xf32> {
  %s0 = attn.retention %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.causal %s0
  // expected-error @+2 {{expects a state of handles with `switch_over`, but got values; it says after how many keys a state that stays takes them in}}
  // expected-error @+1 {{expects caches as keys and value with `switch_over`, but got 'tensor<2x7x4x16xf32>'; append the call's rows to a cache, which holds keys until the state takes them in}}
  %o = attn.none %s1, %q state(%U : tensor<2x4x16x16xf32>) switch_over 8 : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// -----

// (C14); attn.sum (C6)
func.func @after_no_key(%q: tensor<2x7x4x16xf32>, %U: !attn.state<2x4x16x16xf32>, %u: !attn.state<2x4x16xf32>) -> tensor<2x7x4x16xf32> {
  %s0 = attn.linear %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.causal %s0
  // expected-error @+2 {{expects `switch_over` of at least 1, but got 0}}
  // expected-error @+1 {{expects caches as keys and value with `switch_over`, but got 'tensor<2x7x4x16xf32>'; append the call's rows to a cache, which holds keys until the state takes them in}}
  %o = attn.sum %s1, %q state(%U, %u : !attn.state<2x4x16x16xf32>, !attn.state<2x4x16xf32>) switch_over 0 : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// -----

// (C4)
func.func @all_of_a_cache(%q: tensor<?x?x4x16xf32>, %k: !attn.cache<?x?x4x16xf32>) -> tensor<?x?x4x16xf32> {
  %s = attn.dot_product %q, %k : tensor<?x?x4x16xf32>, !attn.cache<?x?x4x16xf32>
  // expected-error @+1 {{expects sequences that say how many keys of '!attn.cache<?x?x4x16xf32>' there are, but got none; give attn.padded key lengths, or attn.length of the cache as the start of the queries}}
  %o = attn.softmax %s, %k : !attn.cache<?x?x4x16xf32> -> tensor<?x?x4x16xf32>
  return %o : tensor<?x?x4x16xf32>
}

// -----

// (C4)
func.func @all_of_a_cache_of_values(%q: tensor<?x?x4x16xf32>, %n: tensor<?xi32>, %k: !attn.cache<?x?x4x16xf32>) -> tensor<?x?x4x16xf32> {
  %seq = attn.padded queries(%n : tensor<?xi32>) start bottom_right
  %s0 = attn.dot_product %q, %k : tensor<?x?x4x16xf32>, !attn.cache<?x?x4x16xf32>
  %s1 = attn.causal %s0
  // expected-error @+1 {{there are, but got attn.padded with neither; give attn.padded key lengths}}
  %o = attn.softmax %s1, %k in %seq : !attn.cache<?x?x4x16xf32> -> tensor<?x?x4x16xf32>
  return %o : tensor<?x?x4x16xf32>
}

// -----

// Products of both signs, without a normaliser (VARIANTS 4): attn.retention.
func.func @retention_over_a_sum(%q: tensor<2x7x4x16xf32>) -> tensor<2x7x4x16xf32> {
  // expected-note @+1 {{the weights are declared here}}
  %s0 = attn.retention %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.causal %s0
  // expected-error @+1 {{expects to close the chain by `linear none`, as a variant in it declares, but closes by `linear sum`; use attn.none}}
  %o = attn.sum %s1, %q : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// -----

func.func @retention_over_exponentials(%q: tensor<2x7x4x16xf32>) -> tensor<2x7x4x16xf32> {
  // expected-note @+1 {{the weights are declared here}}
  %s0 = attn.retention %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %s1 = attn.causal %s0
  // expected-error @+1 {{expects to close the chain by `linear none`, as a variant in it declares, but closes by `exp sum`; use attn.none}}
  %o = attn.softmax %s1, %q : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}

// -----

// attn.power (C4), attn.retention (C3)
func.func @powers_of_all_keys(%q: tensor<2x7x4x16xf32>) -> (tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>) {
  // expected-error @+1 {{expects a chain with a mask that keeps j <= i alone or among its conditions, but got none; add attn.causal, because its weights are those of keys up to the query}}
  %s = attn.power %q, %q degree 2 : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  // expected-note @+1 {{the chain is closed here}}
  %o = attn.sum %s, %q : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  %two = arith.constant 2 : i32
  // expected-error @+1 {{expects a chain with a mask that keeps j <= i alone or among its conditions, but got another one}}
  %r0 = attn.retention %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  %r1 = attn.local %r0 window %two
  // expected-note @+1 {{the chain is closed here}}
  %p = attn.none %r1, %q : tensor<2x7x4x16xf32> -> tensor<2x7x4x16xf32>
  return %o, %p : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
}
