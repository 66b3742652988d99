// RUN: attn-opt %s --split-input-file --verify-diagnostics
// Of attn.generic, all that is wrong is said in one run, and nothing that only follows from it.

// Parts, results, regions and slots by themselves.
func.func @everywhere(%q: tensor<2x7x8x64xf32>, %k: tensor<2x5x3x32xf32>, %v: tensor<2x6x3x64xf32>, %sink: tensor<3xf32>, %scale: f32) -> tensor<2x7x8x32xf32> {
  // expected-error @+10 {{expects query and key of one width, but got 64 and 32}}
  // expected-error @+9 {{expects query heads to be a multiple of key heads, but got 8 and 3}}
  // expected-error @+8 {{expects keys and value to share sequences and positions, but got 'tensor<2x5x3x32xf32>' and 'tensor<2x6x3x64xf32>'}}
  // expected-error @+7 {{expects query heads to be a multiple of the value's heads, but got 8 and 3}}
  // expected-error @+6 {{expects an output with the query's rows and heads and the value's width, but got 'tensor<2x7x8x32xf32>' for 'tensor<2x7x8x64xf32>' and 'tensor<2x6x3x64xf32>'}}
  // expected-error @+5 {{expects a log-sum-exp of f32 with the query's rows and heads, but got 'tensor<2x7x8xbf16>' for 'tensor<2x7x8x64xf32>'}}
  // expected-error @+4 {{expects `power` of at least 1 with linear weighting, but got 3 with exp; close a chain of powers with attn.sum or attn.none}}
  // expected-error @+3 {{expects a sink of f32, bf16 or f16 for 8 query heads, but got 'tensor<3xf32>'}}
  // expected-error @+2 {{expects `switch_over` of at least 1, but got 0}}
  // expected-error @+1 {{expects a state of handles with `switch_over`, but got none}}
  %o, %lse = attn.generic exp sum queries(%q : tensor<2x7x8x64xf32>) keys(%k : tensor<2x5x3x32xf32>) value(%v : tensor<2x6x3x64xf32>)
       scale %scale power 3 sink(%sink : tensor<3xf32>) {switchOver = 0 : i64} -> tensor<2x7x8x32xf32> lse tensor<2x7x8xbf16>
  return %o : tensor<2x7x8x32xf32>
}

// -----

// What slots ask of regions is not asked of one that is wrong; ops and values from outside are each said once.
func.func @inside_a_region(%q: tensor<2x7x8x64xf32>, %gates: tensor<8xf32>, %x: f32, %scale: f32) -> tensor<2x7x8x64xf32> {
  // expected-error @+4 {{expects arguments ('f32', 'i32', 'i32', 'i32', 'i32') of the score region, but got ('f32', 'i32', 'i32', 'i32')}}
  // expected-error @+3 {{expects ops that cannot fault in the score region, but got 'arith.divsi'; the region also runs for pairs that the mask hides}}
  // expected-error @+2 {{expects the score region to use only its own values; add a capture}}
  // expected-error @+1 {{expects the mask region to yield 'i1', but got 'i32'}}
  %o = attn.generic linear none queries(%q : tensor<2x7x8x64xf32>) keys(%q : tensor<2x7x8x64xf32>) value(%q : tensor<2x7x8x64xf32>)
       scale %scale gates(%gates : tensor<8xf32>) score {
  ^bb0(%s: f32, %n: i32, %h: i32, %i: i32):
    // expected-note @+1 {{a division needs a divisor that is a constant other than 0 and -1, or arith.maxsi of any value and a positive constant}}
    %d = arith.divsi %i, %h : i32
    // expected-note @+1 {{this op uses a value from outside}}
    %a = arith.addf %s, %x : f32
    %b = arith.addf %a, %x : f32
    attn.yield %b : f32
  } mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    attn.yield %j : i32
  } -> tensor<2x7x8x64xf32>
  return %o : tensor<2x7x8x64xf32>
}

// -----

// Without heads and widths nothing is said of what follows from them; regions are looked at.
func.func @a_rank_and_a_region(%q: tensor<64xf32>, %scale: f32) -> tensor<2x7x8x64xf32> {
  // expected-error @+2 {{expects parts of (sequence, position, head, width), or (row, head, width) when packed, with static heads and width, both at least 1, but got 'tensor<64xf32>'}}
  // expected-error @+1 {{expects the score region to yield 'f32', but got 'i32'}}
  %o = attn.generic exp sum queries(%q : tensor<64xf32>) keys(%q : tensor<64xf32>) value(%q : tensor<64xf32>) scale %scale score {
  ^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32):
    attn.yield %n : i32
  } -> tensor<2x7x8x64xf32>
  return %o : tensor<2x7x8x64xf32>
}

// -----

// A state with a region that no state has, and with parts of other shapes.
func.func @a_state(%q: tensor<2x7x4x16xf32>, %U: tensor<2x3x16x16xf32>, %u: tensor<2x4x15xf32>, %scale: f32) -> tensor<2x7x4x16xf32> {
  // expected-error @+3 {{expects no score, factor or pair region with a state, but got a score region}}
  // expected-error @+2 {{expects U of the initial state to be f32 of (sequence, 4, 16, 16), but got 'tensor<2x3x16x16xf32>'}}
  // expected-error @+1 {{expects u of the initial state to be f32 of (sequence, 4, 16), but got 'tensor<2x4x15xf32>'}}
  %o = attn.generic linear sum queries(%q : tensor<2x7x4x16xf32>) keys(%q : tensor<2x7x4x16xf32>) value(%q : tensor<2x7x4x16xf32>)
       scale %scale state(%U, %u : tensor<2x3x16x16xf32>, tensor<2x4x15xf32>) score {
  ^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32):
    attn.yield %s : f32
  } -> tensor<2x7x4x16xf32>
  return %o : tensor<2x7x4x16xf32>
}
