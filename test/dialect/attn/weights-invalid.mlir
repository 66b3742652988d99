// RUN: attn-opt %s --split-input-file --verify-diagnostics
// Each constraint of attn.weights, and (C15) of attn.generic.

// (C1)
func.func @packed_rows(%o: tensor<?x4x16xf32>) {
  // expected-error @+1 {{expects an output of (sequence, position, head, width), but got 'tensor<?x4x16xf32>'; weights of packed rows have no one number of keys}}
  %a = attn.weights of %o : tensor<?x4x16xf32> -> tensor<4x?x?xf32>
  return
}

// -----

// (C2)
func.func @of_other_heads(%o: tensor<2x7x4x16xf32>) {
  // expected-error @+1 {{expects weights of (sequence, head, position, key) for an output of 'tensor<2x7x4x16xf32>', but got 'tensor<2x2x7x5xf32>'}}
  %a = attn.weights of %o : tensor<2x7x4x16xf32> -> tensor<2x2x7x5xf32>
  return
}

// -----

// (C2)
func.func @a_mean_with_heads(%o: tensor<2x7x4x16xf32>) {
  // expected-error @+1 {{expects weights of (sequence, position, key) for an output of 'tensor<2x7x4x16xf32>', but got 'tensor<2x4x7x5xf32>'}}
  %a = attn.weights mean of %o : tensor<2x7x4x16xf32> -> tensor<2x4x7x5xf32>
  return
}

// -----

// attn.generic (C15)
func.func @a_log_sum_exp_beside_weights(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects neither log-sum-exp, final state nor epilogue with `weights`, but got a log-sum-exp or final state; leave it to an attn.generic that gives the output}}
  %a, %lse = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>)
      scale %scale weights heads -> tensor<2x4x7x5xf32> lse tensor<2x7x4xf32>
  return
}

// -----

// attn.generic (C15)
func.func @a_whole_state_beside_weights(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %U: tensor<2x2x16x16xf32>, %u: tensor<2x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects 1 part of the initial state, but got 2; of weights' sum there is u alone}}
  %a = attn.generic linear sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>)
      scale %scale weights heads state(%U, %u : tensor<2x2x16x16xf32>, tensor<2x2x16xf32>) -> tensor<2x4x7x5xf32>
  return
}

// -----

// attn.generic (C15)
func.func @a_state_of_another_width_beside_weights(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %u: tensor<2x2x17xf32>, %scale: f32) {
  // expected-error @+1 {{expects u of the initial state to be f32 of (sequence, 2, 16), but got 'tensor<2x2x17xf32>'; give it these sizes}}
  %a = attn.generic linear sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>)
      scale %scale weights heads state(%u : tensor<2x2x17xf32>) -> tensor<2x4x7x5xf32>
  return
}

// -----

// attn.generic (C15)
func.func @a_state_beside_weights_of_no_sum(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %U: tensor<2x2x16x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects 0 parts of the initial state, but got 1; weights without a normaliser have none}}
  %a = attn.generic linear none queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>)
      scale %scale weights heads state(%U : tensor<2x2x16x16xf32>) -> tensor<2x4x7x5xf32>
  return
}

// -----

// attn.generic (C15)
func.func @an_epilogue_beside_weights(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects neither log-sum-exp, final state nor epilogue with `weights`, but got an epilogue region}}
  %a = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>)
      scale %scale weights heads epilogue {
  ^bb0(%o: f32, %n: i32, %h: i32, %i: i32, %e: i32):
    attn.yield %o : f32
  } -> tensor<2x4x7x5xf32>
  return
}

// -----

// attn.generic (C15)
func.func @packed_keys_beside_weights(%q: tensor<?x4x16xf32>, %k: tensor<?x2x16xf32>, %seq: !attn.sequences, %scale: f32) {
  // expected-error @+1 {{expects queries and keys of (sequence, position, head, width) with `weights`, but got 'tensor<?x4x16xf32>'; weights of packed rows have no one number of keys}}
  %a = attn.generic exp sum queries(%q : tensor<?x4x16xf32>) keys(%k : tensor<?x2x16xf32>) value(%k : tensor<?x2x16xf32>)
      scale %scale weights heads in %seq -> tensor<4x?x?xf32>
  return
}

// -----

// attn.generic (C15)
func.func @weights_of_other_keys(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects weights of f32, (sequence, head, position, key), for queries of 'tensor<2x7x4x16xf32>' and keys of 'tensor<2x5x2x16xf32>', but got 'tensor<2x4x7x6xf32>'}}
  %a = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>)
      scale %scale weights heads -> tensor<2x4x7x6xf32>
  return
}

// -----

// attn.generic (C15)
func.func @weights_of_another_type(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects weights of f32, (sequence, position, key), for queries of}}
  %a = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>)
      scale %scale weights mean -> tensor<2x7x5xbf16>
  return
}
