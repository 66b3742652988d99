// RUN: attn-opt %s --split-input-file --verify-diagnostics
// Of one op, all that is wrong is said in one run, and nothing that only follows from it.

func.func @a_product(%q: tensor<2x7x9x64xf64>, %k: tensor<2x7x4x32xf32>) {
  // expected-error @+3 {{'attn.dot_product' op expects elements of type f32, bf16 or f16, but got 'tensor<2x7x9x64xf64>'; kernels compute with no others}}
  // expected-error @+2 {{'attn.dot_product' op expects query and key of one static width, but got 'tensor<2x7x9x64xf64>' and 'tensor<2x7x4x32xf32>'}}
  // expected-error @+1 {{'attn.dot_product' op expects static query heads, a multiple of the key heads, but got 'tensor<2x7x9x64xf64>' and 'tensor<2x7x4x32xf32>'}}
  %s = attn.dot_product %q, %k : tensor<2x7x9x64xf64>, tensor<2x7x4x32xf32>
  return
}

// -----

// Without a head and a width nothing is said of them.
func.func @a_rank_alone(%q: tensor<64xf32>, %k: tensor<2x7x4x32xf32>) {
  // expected-error @+1 {{expects query and key of rank 4 (sequence, position, head, width), or 3 when packed, but got 'tensor<64xf32>' and 'tensor<2x7x4x32xf32>'}}
  %s = attn.dot_product %q, %k : tensor<64xf32>, tensor<2x7x4x32xf32>
  return
}

// -----

func.func @a_source_and_its_degree(%q: tensor<2x7x9x64xf32>, %k: tensor<2x7x4x64xf32>) {
  // expected-error @+2 {{'attn.power' op expects a degree of at least 1, but got 0}}
  // expected-error @+1 {{'attn.power' op expects static query heads, a multiple of the key heads, but got 'tensor<2x7x9x64xf32>' and 'tensor<2x7x4x64xf32>'}}
  %s = attn.power %q, %k degree 0 : tensor<2x7x9x64xf32>, tensor<2x7x4x64xf32>
  return
}

// -----

func.func @both_products_of_a_latent(%q: tensor<2x7x8x64xf32>, %c: tensor<2x5x1x32xf32>, %rq: tensor<2x6x8x16xf32>, %rk: tensor<2x5x1x8xf32>) {
  // expected-error @+4 {{expects query and key of one static width, but got 'tensor<2x7x8x64xf32>' and 'tensor<2x5x1x32xf32>'}}
  // expected-error @+3 {{expects query and key of one static width, but got 'tensor<2x6x8x16xf32>' and 'tensor<2x5x1x8xf32>'}}
  // expected-error @+2 {{expects `width` of at least 1, that of the keys which the latent stands for, but got 0}}
  // expected-error @+1 {{expects both parts to share rows and heads, but got 'tensor<2x7x8x64xf32>' and 'tensor<2x6x8x16xf32>'}}
  %s = attn.latent %q, %c plus %rq, %rk width 0 : tensor<2x7x8x64xf32>, tensor<2x5x1x32xf32>, tensor<2x6x8x16xf32>, tensor<2x5x1x8xf32>
  return
}

// -----

func.func @reaches_of_a_window(%s: !attn.scores) {
  %less = arith.constant -1 : i32
  // expected-error @+4 {{expects `window` between 1 and 1073741824, but got -1; a window of 1 sees only itself}}
  // expected-error @+3 {{expects either `window` or `left` and `right`, but got all of them}}
  // expected-error @+2 {{expects `left` between 0 and 1073741824, but got -1; 0 sees no earlier key}}
  // expected-error @+1 {{expects `right` between 0 and 1073741824, but got -1; 0 sees no later key}}
  %b = attn.sliding_window %s window %less left %less right %less
  return
}

// -----

func.func @letters_and_ranks(%q: tensor<2x7x9x64xf32>, %m: tensor<2x7xi1>) {
  %s = attn.dot_product %q, %q : tensor<2x7x9x64xf32>, tensor<2x7x9x64xf32>
  // expected-error @+3 {{'attn.masked' op expects axes among n, h, t and s, but got 'x'}}
  // expected-error @+2 {{'attn.masked' op expects each axis once, but got 't' twice}}
  // expected-error @+1 {{'attn.masked' op expects an axis for each dimension of the mask, but got 5 axes for rank 2}}
  %s1 = attn.masked %s by %m axes "n x t t x" : tensor<2x7xi1>
  return
}

// -----

func.func @letters_and_heads(%q: tensor<2x7x9x64xf32>, %h: tensor<4x7x7xi1>) {
  %s = attn.dot_product %q, %q : tensor<2x7x9x64xf32>, tensor<2x7x9x64xf32>
  // expected-error @+2 {{'attn.masked' op expects each axis once, but got 't' twice}}
  // expected-error @+1 {{'attn.masked' op expects axis h of the mask to have 9 query heads, but got 4}}
  %s2 = attn.masked %s by %h axes "h t t" : tensor<4x7x7xi1>
  return
}

// -----

func.func @masks_and_a_window(%s: !attn.scores, %m: tensor<7xi1>) {
  %none = arith.constant 0 : i32
  // expected-error @+3 {{expects `window` between 1 and 2147483647, but got 0; a window of 1 sees only itself}}
  // expected-error @+2 {{expects an axis for each dimension of the mask of queries, but got 2 axes for rank 1}}
  // expected-error @+1 {{expects an axis for each dimension of the mask of keys, but got 2 axes for rank 1}}
  %s1 = attn.global_local %s window %none queries %m keys %m : tensor<7xi1>, tensor<7xi1>
  return
}

// -----

func.func @a_sink_and_its_logits(%q: tensor<2x7x9x64xf32>, %l: tensor<9xf32>, %m: tensor<4xf32>) {
  %s0 = attn.dot_product %q, %q : tensor<2x7x9x64xf32>, tensor<2x7x9x64xf32>
  // expected-note @+1 {{the other one is here}}
  %s1 = attn.sink %s0 by %l : tensor<9xf32>
  // expected-error @+2 {{expects to be the only sink of its chain; a row has one normaliser}}
  // expected-error @+1 {{expects logits for 9 query heads, but got 'tensor<4xf32>'}}
  %s2 = attn.sink %s1 by %m : tensor<4xf32>
  return
}

// -----

func.func @a_closing(%s: !attn.scores, %v: tensor<2x7x3x64xf32>, %U: tensor<2x3x64x64xf32>) {
  // expected-error @+6 {{'attn.sum' op expects `epsilon` of at least 0, but got -1.000000e+00}}
  // expected-error @+5 {{'attn.sum' op expects `form` to be "quadratic", "chunked", "chunked N" with 1 <= N <= 1024 tokens a chunk, or "recurrent", but got "fast"; leave it out to have it chosen by cost}}
  // expected-error @+4 {{'attn.sum' op expects 2 parts of the initial state, but got 1; give U and u}}
  // expected-error @+3 {{'attn.sum' op expects 2 parts of the final state, but got 1; give U and u}}
  // expected-error @+2 {{'attn.sum' op expects static output heads, a multiple of the value's heads, but got 'tensor<2x7x8x32xf32>' and 'tensor<2x7x3x64xf32>'}}
  // expected-error @+1 {{'attn.sum' op expects value and output of one static width, but got 'tensor<2x7x3x64xf32>' and 'tensor<2x7x8x32xf32>'}}
  %o, %f = attn.sum %s, %v epsilon -1.0 state(%U : tensor<2x3x64x64xf32>) form "fast" : tensor<2x7x3x64xf32> -> tensor<2x7x8x32xf32> final tensor<2x3x64x64xf32>
  return
}

// -----

func.func @sequences(%one: tensor<2x2xi32>) {
  // expected-error @+3 {{'attn.padded' op expects query lengths of rank 1, one for each sequence, but got 'tensor<2x2xi32>'}}
  // expected-error @+2 {{'attn.padded' op expects key lengths of rank 1, one for each sequence, but got 'tensor<2x2xi32>'}}
  // expected-error @+1 {{'attn.padded' op expects starts of rank 1, one for each sequence, but got 'tensor<2x2xi32>'}}
  %a = attn.padded queries(%one : tensor<2x2xi32>) keys(%one : tensor<2x2xi32>) start %one : tensor<2x2xi32>
  return
}

// -----

func.func @offsets(%one: tensor<2x2xi32>) {
  // expected-error @+2 {{'attn.packed' op expects query offsets of rank 1}}
  // expected-error @+1 {{'attn.packed' op expects a start; write `start top_left`, `start bottom_right` or `start %value`}}
  %b = attn.packed %one : tensor<2x2xi32>
  return
}

// -----

func.func @rows_for_a_cache(%cache: !attn.cache<?x?x3x64xf32>, %x: tensor<?x4x64xf32>) {
  %seq = attn.padded
  // expected-error @+3 {{expects rows of the cache's heads and width, but got 'tensor<?x4x64xf32>' for '!attn.cache<?x?x3x64xf32>'}}
  // expected-error @+2 {{expects sequences with a start by value, the length before the append; give attn.length's result as `start`}}
  // expected-error @+1 {{expects rows of (sequence, position, head, width) at attn.padded, but got 'tensor<?x4x64xf32>'}}
  attn.append %cache, %x at %seq : !attn.cache<?x?x3x64xf32>, tensor<?x4x64xf32>
  return
}

// -----

// Regions that disagree, and what is wrong inside of each.
// expected-error @+2 {{'attn.variant' op expects all regions to take the same parameters, but got ('f32') and, in mask, ('i32')}}
// expected-error @+1 {{'attn.variant' op expects the mask region to yield 'i1', but got 'i32'}}
attn.variant @wrong score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %slope: f32):
  attn.yield %s : f32
} mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %window: i32):
  attn.yield %window : i32
}

// -----

func.func @loads(%t: tensor<4x5xf32>) {
  %zero = arith.constant 0 : i32
  // expected-error @+2 {{expects an index for each dimension of 'tensor<4x5xf32>', but got 1}}
  // expected-error @+1 {{expects a result of 'f32' from 'tensor<4x5xf32>', but got 'i32'}}
  %x = attn.load %t[%zero] : tensor<4x5xf32> -> i32
  return
}

// -----

func.func @letters_of_a_load(%t: tensor<4x5xf32>) {
  %zero = arith.constant 0 : i32
  // expected-error @+1 {{expects `axes` to be a letter of n, h, t and s for each of 2 indices, but got "n x"}}
  %y = attn.load %t[%zero, %zero] {axes = "n x"} : tensor<4x5xf32> -> f32
  return
}
