// RUN: attn-opt %s --attn-outline --split-input-file --verify-diagnostics
//
// Sizes that attention needs to be equal have one name, or one number; what stands around it: outline-sizes-graph-invalid.mlir.

func.func @a_value_of_other_sequences(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]},
    // expected-note @+1 {{the sizes of the keys are (B, S, 2, 16)}}
    %k: tensor<?x?x2x16xf32> {nn.dims = ["B", "S", "2", "16"]},
    // expected-note @+1 {{the sizes of the value are (C, U, 2, 16)}}
    %v: tensor<?x?x2x16xf32> {nn.dims = ["C", "U", "2", "16"]}, %scale: f32) -> tensor<?x?x2x16xf32> {
  // expected-error @+2 {{expects dimension 1 of the value to have the size of dimension 1 of the keys, but got 'U' and 'S'}}
  // expected-error @+1 {{expects dimension 0 of the value to have the size of dimension 0 of the keys, but got 'C' and 'B'; write one name for both in nn.dims; the runtime holds a name to one size, and compares no two names}}
  %o = attn.generic exp sum queries(%q : tensor<?x?x2x16xf32>) keys(%k : tensor<?x?x2x16xf32>) value(%v : tensor<?x?x2x16xf32>)
       scale %scale -> tensor<?x?x2x16xf32>
  return %o : tensor<?x?x2x16xf32>
}

// Another function of the same file is looked at, too.
func.func @a_value_of_other_positions(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]},
    // expected-note @+1 {{the sizes of the keys are (B, C, 2, 16)}}
    %k: !attn.cache<?x?x2x16xf32> {nn.dims = ["B", "C", "2", "16"]},
    // expected-note @+1 {{the sizes of the value are (B, T, 2, 16)}}
    %v: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]},
    %keys: tensor<?xi32> {nn.dims = ["B"]}, %scale: f32) -> tensor<?x?x2x16xf32> {
  %at = attn.padded keys(%keys : tensor<?xi32>)
  // expected-error @+1 {{expects dimension 1 of the value to have the size of dimension 1 of the keys, but got 'T' and 'C'}}
  %o = attn.generic exp sum queries(%q : tensor<?x?x2x16xf32>) keys(%k : !attn.cache<?x?x2x16xf32>) value(%v : tensor<?x?x2x16xf32>)
       scale %scale in %at -> tensor<?x?x2x16xf32>
  return %o : tensor<?x?x2x16xf32>
}

// -----

// A name is compared with a number, and an output's own type with the query.
// expected-note @+1 {{the sizes of the query are (B, T, 2, 16)}}
func.func @an_output_of_four_sequences(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]}, %scale: f32) -> tensor<4x?x2x16xf32> {
  // expected-error @+1 {{expects dimension 0 of the output to have the size of dimension 0 of the query, but got 4 and 'B'; write the number in both types, or one name for both in nn.dims}}
  %o = attn.generic exp sum queries(%q : tensor<?x?x2x16xf32>) keys(%q : tensor<?x?x2x16xf32>) value(%q : tensor<?x?x2x16xf32>)
       scale %scale -> tensor<4x?x2x16xf32>
  return %o : tensor<4x?x2x16xf32>
}

// -----

// expected-note @+1 {{the sizes of the query are (B, T, 2, 16)}}
func.func @a_second_part_of_other_rows(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]},
    // expected-note @+1 {{the sizes of query part 1 are (B, R, 2, 8)}}
    %r: tensor<?x?x2x8xf32> {nn.dims = ["B", "R", "2", "8"]}, %k: tensor<?x?x1x8xf32> {nn.dims = ["B", "T", "1", "8"]}, %scale: f32) -> tensor<?x?x2x16xf32> {
  // expected-error @+1 {{expects dimension 1 of query part 1 to have the size of dimension 1 of the query, but got 'R' and 'T'}}
  %o = attn.generic exp sum queries(%q, %r : tensor<?x?x2x16xf32>, tensor<?x?x2x8xf32>) keys(%q, %k : tensor<?x?x2x16xf32>, tensor<?x?x1x8xf32>)
       value(%q : tensor<?x?x2x16xf32>) scale %scale -> tensor<?x?x2x16xf32>
  return %o : tensor<?x?x2x16xf32>
}

// -----

// expected-note @+1 {{the sizes of the query are (B, T, 2, 16)}}
func.func @lengths_of_other_sequences(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]},
    // expected-note @+1 {{the sizes of the key lengths are (L)}}
    %lengths: tensor<?xi32> {nn.dims = ["L"]}, %scale: f32) -> tensor<?x?x2x16xf32> {
  %seq = attn.padded keys(%lengths : tensor<?xi32>)
  // expected-error @+1 {{expects dimension 0 of the key lengths to have the size of dimension 0 of the query, but got 'L' and 'B'}}
  %o = attn.generic exp sum queries(%q : tensor<?x?x2x16xf32>) keys(%q : tensor<?x?x2x16xf32>) value(%q : tensor<?x?x2x16xf32>)
       scale %scale in %seq -> tensor<?x?x2x16xf32>
  return %o : tensor<?x?x2x16xf32>
}

// -----

// Packed rows are no sequences; starts and the cache are.
func.func @starts_of_other_sequences(%q: tensor<?x2x16xf32> {nn.dims = ["R", "2", "16"]}, %offsets: tensor<?xi32> {nn.dims = ["B + 1"]},
    // expected-note @+1 {{the sizes of the keys are (B, C, 2, 16)}}
    %k: !attn.cache<?x?x2x16xf32> {nn.dims = ["B", "C", "2", "16"]},
    // expected-note @+1 {{the sizes of the starts are (N)}}
    %start: tensor<?xi32> {nn.dims = ["N"]}, %scale: f32) -> tensor<?x2x16xf32> {
  %seq = attn.packed %offsets : tensor<?xi32> start %start : tensor<?xi32>
  // expected-error @+1 {{expects dimension 0 of the starts to have the size of dimension 0 of the keys, but got 'N' and 'B'}}
  %o = attn.generic exp sum queries(%q : tensor<?x2x16xf32>) keys(%k : !attn.cache<?x?x2x16xf32>) value(%k : !attn.cache<?x?x2x16xf32>)
       scale %scale in %seq -> tensor<?x2x16xf32>
  return %o : tensor<?x2x16xf32>
}

// -----

// Of n sequences there are n + 1 offsets, in names and in numbers.
// expected-note @+1 {{the sizes of the query offsets are (3)}}
func.func @as_many_offsets_as_sequences(%q: tensor<?x2x16xf32> {nn.dims = ["R", "2", "16"]}, %offsets: tensor<3xi32>,
    // expected-note @+1 {{the sizes of the starts are (3)}}
    %start: tensor<3xi32>, %scale: f32) -> tensor<?x2x16xf32> {
  %seq = attn.packed %offsets, %offsets : tensor<3xi32>, tensor<3xi32> start %start : tensor<3xi32>
  // expected-error @+1 {{expects dimension 0 of the query offsets to be one more than dimension 0 of the starts, but got 3 and 3; write 4 for the offsets}}
  %o = attn.generic exp sum queries(%q : tensor<?x2x16xf32>) keys(%q : tensor<?x2x16xf32>) value(%q : tensor<?x2x16xf32>)
       scale %scale in %seq -> tensor<?x2x16xf32>
  return %o : tensor<?x2x16xf32>
}

// -----

func.func @offsets_of_any_number(%x: tensor<?x2x16xf32> {nn.dims = ["R", "2", "16"]},
    // expected-note @+1 {{the sizes of the query offsets are (O)}}
    %offsets: tensor<?xi32> {nn.dims = ["O"]}, %right: tensor<?xi32> {nn.dims = ["B + 1"]},
    // expected-note @+1 {{the sizes of the cache are (B, C, 2, 16)}}
    %k: !attn.cache<?x?x2x16xf32> {nn.dims = ["B", "C", "2", "16"]}) {
  %start = attn.length %k : !attn.cache<?x?x2x16xf32> -> tensor<?xi32>
  %at = attn.packed %right : tensor<?xi32> start %start : tensor<?xi32>
  attn.append %k, %x at %at : !attn.cache<?x?x2x16xf32>, tensor<?x2x16xf32>
  %seq = attn.packed %offsets : tensor<?xi32> start %start : tensor<?xi32>
  // expected-error @+1 {{expects dimension 0 of the query offsets to be one more than dimension 0 of the cache, but got 'O' and 'B'; write 'B + 1' for the offsets}}
  attn.append %k, %x at %seq : !attn.cache<?x?x2x16xf32>, tensor<?x2x16xf32>
  return
}

// -----

// expected-note @+1 {{the sizes of the keys are (B, T, 2, 16)}}
func.func @gates_of_other_keys(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]},
    // expected-note @+1 {{the sizes of the gates are (B, S, 2)}}
    %g: tensor<?x?x2xf32> {nn.dims = ["B", "S", "2"]}, %scale: f32) -> tensor<?x?x2x16xf32> {
  // expected-error @+1 {{expects dimension 1 of the gates to have the size of dimension 1 of the keys, but got 'S' and 'T'}}
  %o = attn.generic linear none queries(%q : tensor<?x?x2x16xf32>) keys(%q : tensor<?x?x2x16xf32>) value(%q : tensor<?x?x2x16xf32>)
       scale %scale gates(%g : tensor<?x?x2xf32>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } -> tensor<?x?x2x16xf32>
  return %o : tensor<?x?x2x16xf32>
}

// -----

// expected-note @+1 {{the sizes of the query are (B, T, 2, 16)}}
func.func @a_state_of_other_sequences(%q: tensor<?x?x2x16xf32> {nn.dims = ["B", "T", "2", "16"]},
    // expected-note @+1 {{the sizes of the initial state are (N, 2, 16, 16)}}
    %U: tensor<?x2x16x16xf32> {nn.dims = ["N", "2", "16", "16"]}, %scale: f32) -> tensor<?x?x2x16xf32> {
  // expected-error @+1 {{expects dimension 0 of the initial state to have the size of dimension 0 of the query, but got 'N' and 'B'}}
  %o = attn.generic linear none queries(%q : tensor<?x?x2x16xf32>) keys(%q : tensor<?x?x2x16xf32>) value(%q : tensor<?x?x2x16xf32>)
       scale %scale state(%U : tensor<?x2x16x16xf32>) -> tensor<?x?x2x16xf32>
  return %o : tensor<?x?x2x16xf32>
}

// -----

// A cache has another number of positions than rows come in, but as many sequences.
// expected-note @+1 {{the sizes of the rows are (A, T, 2, 16)}}
func.func @rows_of_other_sequences(%x: tensor<?x?x2x16xf32> {nn.dims = ["A", "T", "2", "16"]},
    // expected-note @+1 {{the sizes of the cache are (B, C, 2, 16)}}
    %k: !attn.cache<?x?x2x16xf32> {nn.dims = ["B", "C", "2", "16"]}) {
  %start = attn.length %k : !attn.cache<?x?x2x16xf32> -> tensor<?xi32>
  %seq = attn.padded start %start : tensor<?xi32>
  // expected-error @+1 {{expects dimension 0 of the rows to have the size of dimension 0 of the cache, but got 'A' and 'B'}}
  attn.append %k, %x at %seq : !attn.cache<?x?x2x16xf32>, tensor<?x?x2x16xf32>
  return
}

// -----

// expected-note @+1 {{the sizes of the cache or state are (B, C, 2, 16)}}
func.func @lengths_of_four_sequences(%k: !attn.cache<?x?x2x16xf32> {nn.dims = ["B", "C", "2", "16"]}) -> tensor<4xi32> {
  // expected-error @+1 {{expects dimension 0 of the lengths to have the size of dimension 0 of the cache or state, but got 4 and 'B'}}
  %start = attn.length %k : !attn.cache<?x?x2x16xf32> -> tensor<4xi32>
  return %start : tensor<4xi32>
}
