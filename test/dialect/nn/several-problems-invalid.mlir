// RUN: attn-opt %s --split-input-file --verify-diagnostics
// Of one op, all that is wrong is said in one run, and nothing that only follows from it.

func.func @a_linear_layer(%x: tensor<3x5x32xf64>, %w: !nn.weight<16x64>, %b: !nn.weight<64>) {
  // expected-error @+4 {{'nn.linear' op expects elements of type f32, bf16 or f16, but got 'tensor<3x5x32xf64>'}}
  // expected-error @+3 {{'nn.linear' op expects the input to have the weight's 64 features, but got 'tensor<3x5x32xf64>'}}
  // expected-error @+2 {{'nn.linear' op expects a result with the input's rows and 16 features, but got 'tensor<3x4x16xf32>'}}
  // expected-error @+1 {{'nn.linear' op expects the bias to be !nn.weight<16>, but got '!nn.weight<64>'}}
  %y = nn.linear %x, %w bias %b : !nn.weight<64> for : tensor<3x5x32xf64>, !nn.weight<16x64> -> tensor<3x4x16xf32>
  return
}

// -----

// A vector is no matrix, and nothing is compared with it.
func.func @a_vector_for_a_matrix(%y: tensor<3x4x16xf32>, %b: !nn.weight<64>) {
  // expected-error @+1 {{'nn.linear' op expects a weight (out, in), but got '!nn.weight<64>'}}
  %z = nn.linear %y, %b bias %b : !nn.weight<64> for : tensor<3x4x16xf32>, !nn.weight<64> -> tensor<3x4x64xf32>
  return
}

// -----

func.func @a_norm(%x: tensor<3x32xf32>, %g: !nn.weight<16>, %b: !nn.weight<8>) {
  // expected-error @+4 {{'nn.layer_norm' op expects a positive epsilon, but got 0.000000e+00; a row of equal numbers is divided by its root}}
  // expected-error @+3 {{'nn.layer_norm' op expects a result of the input's shape, but got 'tensor<3x32xf32>' and 'tensor<4x32xf32>'}}
  // expected-error @+2 {{'nn.layer_norm' op expects the gain to be !nn.weight<32>, but got '!nn.weight<16>'}}
  // expected-error @+1 {{'nn.layer_norm' op expects the bias to be !nn.weight<32>, but got '!nn.weight<8>'}}
  %y = nn.layer_norm %x gain %g : !nn.weight<16> bias %b : !nn.weight<8> epsilon 0.0 : tensor<3x32xf32> -> tensor<4x32xf32>
  return
}

// -----

func.func @products(%x: tensor<3x32xf32>, %e: tensor<4x16xf32>, %w: !nn.weight<16x64>, %v: !nn.weight<8>,
    // expected-note @+1 {{make a constant inside, or give what varies as an extra or a vector}}
    %c: f32) {
  // expected-error @+5 {{expects an input of 64 features, or of 2x40xi8 quantised, but got 'tensor<3x32xf32>'}}
  // expected-error @+4 {{expects result and extras to have the input's rows and 16 features, but got 'tensor<4x16xf32>'}}
  // expected-error @+3 {{expects each vector to be !nn.weight<16>, but got '!nn.weight<8>'}}
  // expected-error @+2 {{expects an epilogue on 3 scalars of f32: accumulators, extras, vectors; but it has 2 arguments}}
  // expected-error @+1 {{expects its epilogue to use only its own values, but 'arith.addf' uses one from outside}}
  %y = nn.contract %x weights(%w : !nn.weight<16x64>) extras(%e : tensor<4x16xf32>) vectors(%v : !nn.weight<8>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %c : f32
    %t = arith.addf %s, %c : f32
    nn.yield %t : f32
  } : tensor<3x32xf32> -> tensor<3x16xf32>
  return
}

// -----

func.func @loops(%x: tensor<3x4xf32>) {
  // expected-error @+1 {{expects a map for each of its inputs, at least one, but got 1 for 2 inputs}}
  %a = nn.generic ins(%x, %x : tensor<3x4xf32>, tensor<3x4xf32>) maps [affine_map<(i, j) -> (i, j)>] {
  ^bb0(%p: f32, %i: i32, %j: i32):
    // expected-error @+1 {{'nn.generic' op cannot stand in nn.generic, whose region holds only scalar ops without effects}}
    %b = nn.generic ins(%x : tensor<3x4xf32>) maps [affine_map<(i, j) -> (i, j)>] {
    ^bb0(%q: f32, %k: i32, %l: i32):
      nn.yield %q : f32
    } -> tensor<3x4xf32>
    nn.yield %p : f32
  } -> tensor<3x4xf32>
  return
}

// -----

// expected-error @+2 {{'func.func' op expects a name for the dynamic dimension 0 of argument 0, but got '7'}}
// expected-error @+1 {{'func.func' op expects '16' for the static dimension 1 of argument 0, but got 'D'}}
func.func @names(%x: tensor<?x16xf32> {nn.dims = ["7", "D"]}) {
  return
}

// -----

func.func @rounds(%x: tensor<?x16xf32>, %c: !attn.cache<3x?x?x2x16xf32>, %d: !attn.cache<4x?x?x2x16xf32>) {
  // expected-error @+3 {{expects to slice caches and states with a leading dimension of 2, but got '!attn.cache<3x?x?x2x16xf32>'}}
  // expected-error @+2 {{expects to slice caches and states with a leading dimension of 2, but got '!attn.cache<4x?x?x2x16xf32>'}}
  // expected-error @+1 {{expects argument 0 of its body to be 'tensor<?x16xf32>', but it is 'tensor<?x8xf32>'}}
  %y = nn.repeat 2 "layer" carry(%x : tensor<?x16xf32>) slice(%c, %d : !attn.cache<3x?x?x2x16xf32>, !attn.cache<4x?x?x2x16xf32>) {
  ^bb0(%h: tensor<?x8xf32>, %a: !attn.cache<?x?x2x16xf32>, %b: !attn.cache<?x?x2x16xf32>):
    nn.yield %x : tensor<?x16xf32>
  } -> tensor<?x16xf32>
  return
}
