// RUN: attn-opt %s --split-input-file --verify-diagnostics
// Each constraint of attn.generic, by its label.

// (C1)
func.func @widths_differ(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x8xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects query and key of one width, but got 16 and 8}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x8xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale  -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C1)
func.func @a_part_without_key(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects as many query parts as key parts, at least one, but got 2 and 1}}
  %o = attn.generic exp sum queries(%q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>)
      value(%k : tensor<2x5x2x16xf32>) scale %scale -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C2)
func.func @parts_of_other_heads(%q: tensor<2x7x4x16xf32>, %r: tensor<2x7x8x16xf32>, %k: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects query parts to share rows and heads, but got 'tensor<2x7x4x16xf32>' and 'tensor<2x7x8x16xf32>'}}
  %o = attn.generic exp sum queries(%q, %r : tensor<2x7x4x16xf32>, tensor<2x7x8x16xf32>)
      keys(%k, %k : tensor<2x5x2x16xf32>, tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>) scale %scale -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C2)
func.func @width_unknown(%q: tensor<2x7x4x?xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{with static heads and width, both at least 1, but got}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x?xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale  -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C3)
func.func @heads_do_not_divide(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x3x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects query heads to be a multiple of key heads, but got 4 and 3}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x3x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale  -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C3)
func.func @value_heads_do_not_divide(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x3x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects query heads to be a multiple of the value's heads, but got 4 and 3}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x3x16xf32>) scale %scale  -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C4)
func.func @value_of_other_length(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x6x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects keys and value to share sequences and positions}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x6x2x16xf32>) scale %scale  -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C5)
func.func @output_too_wide(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects an output with the query's rows and heads and the value's width}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale  -> tensor<2x7x4x32xf32>
  return
}

// -----

// (C5)
func.func @lse_of_other_heads(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects a log-sum-exp of f32 with the query's rows and heads}}
  %o, %lse = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale  -> tensor<2x7x4x16xf32> lse tensor<2x7x2xf32>
  return
}

// -----

// (C6)
func.func @mask_that_yields_a_number(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects the mask region to yield 'i1', but got 'i32'}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    attn.yield %j : i32
  } -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C6)
func.func @score_without_coordinates(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects arguments ('f32', 'i32', 'i32', 'i32', 'i32') of the score region, but got ('f32')}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale score {
  ^bb0(%s: f32):
    attn.yield %s : f32
  } -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C6)
func.func @capture_without_argument(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32, %c: f32) {
  // expected-error @+1 {{expects arguments ('i32', 'i32', 'i32', 'i32', 'f32') of the mask region}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale captures(%c : f32) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %r = arith.cmpi sle, %j, %i : i32
    attn.yield %r : i1
  } -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C7)
func.func @division_that_may_fault(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32, %c: i32) {
  // expected-error @+1 {{expects ops that cannot fault in the mask region, but got 'arith.divsi'; the region also runs for pairs that the mask hides}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale captures(%c : i32) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %d: i32):
    // expected-note @+1 {{a division needs a divisor that is a constant other than 0 and -1, or arith.maxsi of any value and a positive constant}}
    %b = arith.divsi %j, %d : i32
    %r = arith.cmpi sle, %b, %i : i32
    attn.yield %r : i1
  } -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C7)
func.func @tensor_op_in_a_region(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32, %c: tensor<i1>) {
  // expected-error @+1 {{expects only scalar ops in the mask region, but got 'tensor.extract'}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale captures(%c : tensor<i1>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %d: tensor<i1>):
    // expected-note @+1 {{read elements of captured tensors by attn.load}}
    %r = tensor.extract %d[] : tensor<i1>
    attn.yield %r : i1
  } -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C7)
func.func @value_from_outside(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32, %c: i32) {
  // expected-error @+1 {{expects the mask region to use only its own values; add a capture}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    // expected-note @+1 {{this op uses a value from outside}}
    %r = arith.cmpi sle, %j, %c : i32
    attn.yield %r : i1
  } -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C8)
func.func @power_of_an_exponential(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects `power` of at least 1 with linear weighting, but got 2 with exp}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale power 2  -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C8)
func.func @epsilon_without_a_sum(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects `epsilon` with the normaliser sum only}}
  %o = attn.generic linear none queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale epsilon 1.0e-6  -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C9)
func.func @gates_on_exponentials(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32, %g: tensor<2x5x2xf32>) {
  // expected-error @+1 {{expects linear weighting with gates, but got exp; a score change that depends on i and j makes softmax weights fade}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale gates(%g : tensor<2x5x2xf32>)  -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C9)
func.func @a_state_with_a_score(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32, %g: tensor<2x2x16x16xf32>) {
  // expected-error @+2 {{expects no score, factor or pair region with a state, but got a score region; a state is a sum over keys alone: leave out the state or what changes scores}}
  // expected-error @+1 {{expects 2 parts of the initial state, but got 1}}
  %o = attn.generic linear sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale state(%g : tensor<2x2x16x16xf32>) score {
  ^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32):
    attn.yield %s : f32
  } -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C10)
func.func @results_and_destinations(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32, %d: memref<2x7x4x16xf32>) {
  // expected-error @+1 {{expects either results or destinations, but got both}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale into(%d : memref<2x7x4x16xf32>)  -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C10)
func.func @neither_result_nor_destination(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects either results or destinations, but got neither}}
  attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale  
  return
}

// -----

// (C11)
func.func @packed_keys_without_offsets(%q: tensor<?x4x16xf32>, %k: tensor<?x2x16xf32>, %o: tensor<?xi32>, %start: tensor<?xi32>, %scale: f32) {
  %s = attn.packed %o : tensor<?xi32> start %start : tensor<?xi32>
  // expected-error @+1 {{because nothing says where packed keys begin, but got 'tensor<?x2x16xf32>'; give attn.packed key offsets}}
  %x = attn.generic exp sum queries(%q : tensor<?x4x16xf32>) keys(%k : tensor<?x2x16xf32>) value(%k : tensor<?x2x16xf32>) scale %scale in %s -> tensor<?x4x16xf32>
  return
}

// -----

// (C11)
func.func @packed_queries_without_sequences(%q: tensor<?x4x16xf32>, %k: tensor<?x?x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects queries of (sequence, position, head, width) without attn.packed, but got 'tensor<?x4x16xf32>'}}
  %x = attn.generic exp sum queries(%q : tensor<?x4x16xf32>) keys(%k : tensor<?x?x2x16xf32>) value(%k : tensor<?x?x2x16xf32>) scale %scale -> tensor<?x4x16xf32>
  return
}

// -----

// (C12)
func.func @a_sink_for_each_key_head(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %z: tensor<2xf32>, %scale: f32) {
  // expected-error @+1 {{expects a sink of f32, bf16 or f16 for 4 query heads, but got 'tensor<2xf32>'}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>) scale %scale sink(%z : tensor<2xf32>) -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C12)
func.func @a_sink_of_integers(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %z: tensor<4xi32>, %scale: f32) {
  // expected-error @+1 {{expects a sink of f32, bf16 or f16 for 4 query heads, but got 'tensor<4xi32>'}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>) scale %scale sink(%z : tensor<4xi32>) -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C12)
func.func @a_sink_without_a_maximum(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %z: tensor<4xf32>, %scale: f32) {
  // expected-error @+1 {{expects `exp sum` with a sink, but got linear sum; a sink joins a softmax's normaliser}}
  %o = attn.generic linear sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>) scale %scale sink(%z : tensor<4xf32>) -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C7): arith takes remainders for pure, whatever they are divided by.
func.func @remainder_that_may_fault(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %scale: f32, %c: i32) {
  // expected-error @+1 {{expects ops that cannot fault in the mask region, but got 'arith.remsi'; the region also runs for pairs that the mask hides}}
  %o = attn.generic exp sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>) scale %scale captures(%c : i32) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %d: i32):
    // expected-note @+1 {{or arith.maxsi of any value and a positive constant}}
    %b = arith.remsi %j, %d : i32
    %r = arith.cmpi sle, %b, %i : i32
    attn.yield %r : i1
  } -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C8)
func.func @an_odd_power_over_its_sum(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects an even `power` with the normaliser sum, but got 3; weights of both signs have no sum to divide by: close with attn.none}}
  %o = attn.generic linear sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale power 3 -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C9)
func.func @gates_of_other_heads(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32, %g: tensor<2x5x4xf32>) {
  // expected-error @+2 {{expects gates of f32 for 2 key heads, one a key head or one a key and head, in a cache of width 1, but got 'tensor<2x5x4xf32>' for keys of 'tensor<2x5x2x16xf32>'}}
  // expected-error @+1 {{expects a mask that keeps j <= i alone or among its conditions with gates, but got none; add attn.causal}}
  %o = attn.generic linear none queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale gates(%g : tensor<2x5x4xf32>) -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C9)
func.func @gates_of_other_positions(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32, %g: tensor<2x4x2xf32>) {
  // expected-error @+2 {{expects gates of f32 for 2 key heads, one a key head or one a key and head, in a cache of width 1, but got 'tensor<2x4x2xf32>' for keys of 'tensor<2x5x2x16xf32>'}}
  // expected-error @+1 {{expects a mask that keeps j <= i alone or among its conditions with gates, but got none; add attn.causal}}
  %o = attn.generic linear none queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale gates(%g : tensor<2x4x2xf32>) -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C9)
func.func @gates_where_all_keys_are_seen(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32, %g: tensor<2xf32>) {
  // expected-error @+1 {{expects a mask that keeps j <= i alone or among its conditions with gates, but got none; add attn.causal, because what comes after the query has no gates to fade by}}
  %o = attn.generic linear none queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale gates(%g : tensor<2xf32>) -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C9)
func.func @a_state_behind_a_window(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32, %U: tensor<2x2x16x16xf32>) {
  // expected-error @+1 {{expects a mask with a state that is j <= i, a condition on keys alone, or both, but got another one; a state forgets no key: leave out the state or the mask}}
  %o = attn.generic linear none queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale state(%U : tensor<2x2x16x16xf32>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %c4 = arith.constant 4 : i32
    %first = arith.subi %i, %c4 : i32
    %admits = arith.cmpi sge, %j, %first : i32
    attn.yield %admits : i1
  } -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C13)
func.func @a_state_of_another_degree(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32, %U: tensor<2x2x16x16xf32>) {
  // expected-error @+1 {{expects U of the initial state to be f32 of (sequence, 2, 136, 16), but got 'tensor<2x2x16x16xf32>'}}
  %o = attn.generic linear none queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale power 2 state(%U : tensor<2x2x16x16xf32>) -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C13)
func.func @a_sum_without_u(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %v: tensor<2x5x2x16xf32>, %scale: f32, %U: tensor<2x2x16x16xf32>) {
  // expected-error @+1 {{expects 2 parts of the initial state, but got 1}}
  %o = attn.generic linear sum queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%v : tensor<2x5x2x16xf32>) scale %scale state(%U : tensor<2x2x16x16xf32>) -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C14)
func.func @a_switch_without_a_state(%q: tensor<2x7x4x16xf32>, %k: !attn.cache<?x?x2x16xf32>, %scale: f32) {
  // expected-error @+2 {{expects a state of handles with `switch_over`, but got none; it says after how many keys a state that stays takes them in}}
  // expected-error @+1 {{expects sequences that say how many keys of '!attn.cache<?x?x2x16xf32>' there are, but got none}}
  %o = attn.generic linear none queries(%q : tensor<2x7x4x16xf32>) keys(%k : !attn.cache<?x?x2x16xf32>) value(%k : !attn.cache<?x?x2x16xf32>) scale %scale switch_over 8 mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C14)
func.func @a_switch_after_no_key(%q: tensor<2x7x4x16xf32>, %k: !attn.cache<?x?x2x16xf32>, %U: !attn.state<?x2x16x16xf32>, %scale: f32) {
  // expected-error @+2 {{expects `switch_over` of at least 1, but got 0}}
  // expected-error @+1 {{expects sequences that say how many keys of '!attn.cache<?x?x2x16xf32>' there are, but got none}}
  %o = attn.generic linear none queries(%q : tensor<2x7x4x16xf32>) keys(%k : !attn.cache<?x?x2x16xf32>) value(%k : !attn.cache<?x?x2x16xf32>) scale %scale state(%U : !attn.state<?x2x16x16xf32>) switch_over 0 mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C14)
func.func @a_switch_over_values(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %U: !attn.state<?x2x16x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects caches as keys and value with `switch_over`, but got 'tensor<2x5x2x16xf32>'; append the call's rows to a cache, which holds keys until the state takes them in}}
  %o = attn.generic linear none queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>) scale %scale state(%U : !attn.state<?x2x16x16xf32>) switch_over 8 mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C14)
func.func @a_switch_with_gates_of_the_call(%q: tensor<2x7x4x16xf32>, %k: !attn.cache<?x?x2x16xf32>, %g: tensor<2x7x2xf32>, %U: !attn.state<?x2x16x16xf32>, %scale: f32) {
  // expected-error @+2 {{expects a cache of gates with `switch_over`, but got 'tensor<2x7x2xf32>'; append them as (n, T, Hk, 1) to a cache, as keys are}}
  // expected-error @+1 {{expects sequences that say how many keys of '!attn.cache<?x?x2x16xf32>' there are, but got none}}
  %o = attn.generic linear none queries(%q : tensor<2x7x4x16xf32>) keys(%k : !attn.cache<?x?x2x16xf32>) value(%k : !attn.cache<?x?x2x16xf32>) scale %scale gates(%g : tensor<2x7x2xf32>) state(%U : !attn.state<?x2x16x16xf32>) switch_over 8 mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C14)
func.func @a_switch_without_an_order(%q: tensor<2x7x4x16xf32>, %k: !attn.cache<?x?x2x16xf32>, %U: !attn.state<?x2x16x16xf32>, %scale: f32) {
  // expected-error @+2 {{expects a mask that keeps j <= i with `switch_over`, but got none; add attn.causal}}
  // expected-error @+1 {{expects sequences that say how many keys of '!attn.cache<?x?x2x16xf32>' there are, but got none}}
  %o = attn.generic linear none queries(%q : tensor<2x7x4x16xf32>) keys(%k : !attn.cache<?x?x2x16xf32>) value(%k : !attn.cache<?x?x2x16xf32>) scale %scale state(%U : !attn.state<?x2x16x16xf32>) switch_over 8 -> tensor<2x7x4x16xf32>
  return
}

// -----

// (C13)
func.func @a_handle_and_what_is_left(%q: tensor<2x7x4x16xf32>, %k: tensor<2x5x2x16xf32>, %U: !attn.state<?x2x16x16xf32>, %scale: f32) {
  // expected-error @+1 {{expects handles for all parts of a state and then no final one, because they are updated in place; give values for all, or leave out `final`}}
  %o, %V = attn.generic linear none queries(%q : tensor<2x7x4x16xf32>) keys(%k : tensor<2x5x2x16xf32>) value(%k : tensor<2x5x2x16xf32>) scale %scale state(%U : !attn.state<?x2x16x16xf32>) -> tensor<2x7x4x16xf32> final tensor<2x2x16x16xf32>
  return
}

// -----

// (C9)
func.func @kept_gates_of_another_shape(%q: tensor<2x7x4x16xf32>, %k: !attn.cache<?x?x2x16xf32>, %g: !attn.cache<?x?x2x3xf32>, %scale: f32) {
  // expected-error @+2 {{expects gates of f32 for 2 key heads, one a key head or one a key and head, in a cache of width 1, but got '!attn.cache<?x?x2x3xf32>' for keys of '!attn.cache<?x?x2x16xf32>'}}
  // expected-error @+1 {{expects sequences that say how many keys of '!attn.cache<?x?x2x16xf32>' there are, but got none}}
  %o = attn.generic linear none queries(%q : tensor<2x7x4x16xf32>) keys(%k : !attn.cache<?x?x2x16xf32>) value(%k : !attn.cache<?x?x2x16xf32>) scale %scale gates(%g : !attn.cache<?x?x2x3xf32>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } -> tensor<2x7x4x16xf32>
  return
}
