// RUN: attn-opt %s --split-input-file --verify-diagnostics
// The constraints of nn.generic, nn.choose and nn.lora, by their labels.

// nn.generic (C1)
func.func @a_map_of_another_rank(%x: tensor<4x5xf32>) {
  // expected-error @+1 {{expects map 0 to take 2 loops without symbols to the 2 dimensions of its input}}
  %y = nn.generic ins(%x : tensor<4x5xf32>) maps [affine_map<(n, i) -> (n)>] {
  ^bb0(%e: f32, %n: i32, %i: i32):
    nn.yield %e : f32
  } -> tensor<4x5xf32>
  return
}

// -----

// nn.generic (C2)
func.func @a_reduction_from_nowhere(%x: tensor<4x5xf32>) {
  // expected-error @+1 {{expects 1 loops for its result, and more where `init` begins a reduction, but got 2 without `init`}}
  %y = nn.generic ins(%x : tensor<4x5xf32>) maps [affine_map<(n, i) -> (n, i)>] {
  ^bb0(%e: f32, %n: i32, %i: i32):
    nn.yield %e : f32
  } -> tensor<4xf32>
  return
}

// -----

// nn.generic (C3)
func.func @no_indices(%x: tensor<4x5xf32>) {
  // expected-error @+1 {{expects a region on an element of each input, the accumulator where there are reductions, and 2 indices of i32, ('f32', 'i32', 'i32'), which yields one 'f32', but got ('f32') and 'f32'; write these}}
  %y = nn.generic ins(%x : tensor<4x5xf32>) maps [affine_map<(n, i) -> (n, i)>] {
  ^bb0(%e: f32):
    nn.yield %e : f32
  } -> tensor<4x5xf32>
  return
}

// -----

// nn.generic (C4)
func.func @a_reduction_of_no_size(%x: tensor<4x5xf32>) {
  // expected-error @+1 {{expects reduction 1 to be the whole index of a dimension of an input, which gives it its size}}
  %y = nn.generic ins(%x : tensor<4x5xf32>) maps [affine_map<(n, i) -> (n, i floordiv 2)>] init 0.0 : f32 {
  ^bb0(%e: f32, %sum: f32, %n: i32, %i: i32):
    %s = arith.addf %sum, %e : f32
    nn.yield %s : f32
  } -> tensor<4xf32>
  return
}

// -----

// nn.generic (C5)
func.func @bytes(%x: tensor<4xi8>) {
  // expected-error @+1 {{expects elements of f32, bf16, f16, i32 or i1}}
  %y = nn.generic ins(%x : tensor<4xi8>) maps [affine_map<(n) -> (n)>] {
  ^bb0(%e: i8, %n: i32):
    %f = arith.constant 0.0 : f32
    nn.yield %f : f32
  } -> tensor<4xf32>
  return
}

// -----

// nn.choose (C1)
func.func @one_case(%flag: tensor<1xi32>, %a: tensor<4xf32>) {
  // expected-error @+1 {{expects at least two cases, but got 1}}
  %y = nn.choose %flag : tensor<1xi32> -> tensor<4xf32> {
    nn.yield %a : tensor<4xf32>
  }
  return
}

// -----

// nn.choose (C1)
func.func @cases_of_two_types(%flag: tensor<1xi32>, %a: tensor<4xf32>, %b: tensor<5xf32>) {
  // expected-error @+1 {{expects cases without arguments that yield 'tensor<4xf32>', but got 'tensor<5xf32>'}}
  %y = nn.choose %flag : tensor<1xi32> -> tensor<4xf32> {
    nn.yield %a : tensor<4xf32>
  }, {
    nn.yield %b : tensor<5xf32>
  }
  return
}

// -----

// nn.choose (C2)
func.func @two_flags(%flag: tensor<2xi32>, %a: tensor<4xf32>) {
  // expected-error @+1 {{expects a flag of one i32, but got 'tensor<2xi32>'}}
  %y = nn.choose %flag : tensor<2xi32> -> tensor<4xf32> {
    nn.yield %a : tensor<4xf32>
  }, {
    nn.yield %a : tensor<4xf32>
  }
  return
}

// -----

// nn.choose (C3)
func.func @an_append_by_chance(%flag: tensor<1xi32>, %a: tensor<?x?x2x16xf32>, %c: !attn.cache<?x?x2x16xf32>, %n: tensor<?xi32>) {
  %seq = attn.padded queries(%n : tensor<?xi32>) start %n : tensor<?xi32>
  %y = nn.choose %flag : tensor<1xi32> -> tensor<?x?x2x16xf32> {
    // expected-error @+1 {{cannot stand in a case of nn.choose; put it before or after}}
    attn.append %c, %a at %seq : !attn.cache<?x?x2x16xf32>, tensor<?x?x2x16xf32>
    nn.yield %a : tensor<?x?x2x16xf32>
  }, {
    nn.yield %a : tensor<?x?x2x16xf32>
  }
  return
}

// -----

// nn.lora (C1)
func.func @a_base_of_another_rank(%x: tensor<2x7x64xf32>, %y: tensor<14x48xf32>, %k: tensor<2xi32>) {
  %a = nn.weight "a" : !nn.weight<24x64>
  %b = nn.weight "b" : !nn.weight<48x24>
  // expected-error @+1 {{expects an input (n, …, in) and a base (n, …, out) of one rank}}
  %z = nn.lora %x, %y adapters %a, %b by %k rank 8 alpha 8.0 : tensor<2x7x64xf32>, tensor<14x48xf32>, !nn.weight<24x64>, !nn.weight<48x24>, tensor<2xi32>
  return
}

// -----

// nn.lora (C2)
func.func @three_and_a_half_adapters(%x: tensor<2x7x64xf32>, %y: tensor<2x7x48xf32>, %k: tensor<2xi32>) {
  %a = nn.weight "a" : !nn.weight<28x64>
  %b = nn.weight "b" : !nn.weight<48x28>
  // expected-error @+1 {{expects adapters (K·8, 64) and (48, K·8), but got '!nn.weight<28x64>' and '!nn.weight<48x28>'}}
  %z = nn.lora %x, %y adapters %a, %b by %k rank 8 alpha 8.0 : tensor<2x7x64xf32>, tensor<2x7x48xf32>, !nn.weight<28x64>, !nn.weight<48x28>, tensor<2xi32>
  return
}

// -----

// nn.lora (C3)
func.func @three_indices_for_two_sequences(%x: tensor<2x7x64xf32>, %y: tensor<2x7x48xf32>, %k: tensor<3xi32>) {
  %a = nn.weight "a" : !nn.weight<24x64>
  %b = nn.weight "b" : !nn.weight<48x24>
  // expected-error @+1 {{expects an index for each sequence of 'tensor<2x7x64xf32>', or one for all of them, but got 'tensor<3xi32>'; a sequence without an index has no adapter to take}}
  %z = nn.lora %x, %y adapters %a, %b by %k rank 8 alpha 8.0 : tensor<2x7x64xf32>, tensor<2x7x48xf32>, !nn.weight<24x64>, !nn.weight<48x24>, tensor<3xi32>
  return
}
