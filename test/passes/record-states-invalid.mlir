// RUN: attn-opt %s --attn-record-states --split-input-file --verify-diagnostics

func.func @grows_by_nothing_known(%x: tensor<?x?x3x64xf32>, %start: tensor<?xi32>, %k: !attn.cache<?x?x3x64xbf16>) {
  %seq = attn.padded start %start : tensor<?xi32>
  // expected-error @below {{expects the query lengths of its sequences to be an argument of the function, by which the cache grows; write attn.padded queries(%lengths : tensor<?xi32>)}}
  attn.append %k, %x at %seq : !attn.cache<?x?x3x64xbf16>, tensor<?x?x3x64xf32>
  return
}

// -----

func.func @lengths_without_a_name(%x: tensor<?x?x3x64xf32>, %lengths: tensor<?xi32>, %start: tensor<?xi32>, %k: !attn.cache<?x?x3x64xbf16>) {
  %seq = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
  // expected-error @below {{expects `nn.name` on argument 1, by which the cache grows}}
  attn.append %k, %x at %seq : !attn.cache<?x?x3x64xbf16>, tensor<?x?x3x64xf32>
  return
}

// -----

func.func @offsets_from_nowhere(%x: tensor<?x3x64xf32>, %k: !attn.cache<?x?x3x64xbf16>, %other: !attn.cache<?x?x3x64xbf16>) {
  %start = attn.length %k : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
  %offsets = attn.length %other : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
  %seq = attn.packed %offsets : tensor<?xi32> start %start : tensor<?xi32>
  // expected-error @below {{expects the query offsets of its sequences to be an argument of the function, by which the cache grows}}
  attn.append %k, %x at %seq : !attn.cache<?x?x3x64xbf16>, tensor<?x3x64xf32>
  return
}

// -----

func.func @lengths_here_and_offsets_there(%x: tensor<?x?x3x64xf32>, %y: tensor<?x3x64xf32>, %l: tensor<?xi32> {nn.name = "l"},
                                          %k: !attn.cache<?x?x3x64xbf16>) {
  %start = attn.length %k : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
  %padded = attn.padded queries(%l : tensor<?xi32>) start %start : tensor<?xi32>
  attn.append %k, %x at %padded : !attn.cache<?x?x3x64xbf16>, tensor<?x?x3x64xf32>
  %packed = attn.packed %l : tensor<?xi32> start %start : tensor<?xi32>
  // expected-error @below {{grows a cache by the offsets 'l', but another op grows it by the lengths 'l'}}
  attn.append %k, %y at %packed : !attn.cache<?x?x3x64xbf16>, tensor<?x3x64xf32>
  return
}

// -----

func.func @emptied_at_two_lengths(%x: tensor<?x?x3x16xf32>, %l: tensor<?xi32> {nn.name = "l"}, %k: !attn.cache<?x?x3x16xf32>, %U: !attn.state<?x3x16x16xf32>, %scale: f32) {
  %start = attn.length %k : !attn.cache<?x?x3x16xf32> -> tensor<?xi32>
  %seq = attn.padded queries(%l : tensor<?xi32>) start %start : tensor<?xi32>
  %a = attn.generic linear none queries(%x : tensor<?x?x3x16xf32>) keys(%k : !attn.cache<?x?x3x16xf32>) value(%k : !attn.cache<?x?x3x16xf32>) scale %scale in %seq state(%U : !attn.state<?x3x16x16xf32>) switch_over 32 mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } -> tensor<?x?x3x16xf32>
  // expected-error @below {{empties a cache at 64 positions, but other attention empties it at 32; give both one `switch_over`}}
  %b = attn.generic linear none queries(%x : tensor<?x?x3x16xf32>) keys(%k : !attn.cache<?x?x3x16xf32>) value(%k : !attn.cache<?x?x3x16xf32>) scale %scale in %seq state(%U : !attn.state<?x3x16x16xf32>) switch_over 64 mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } -> tensor<?x?x3x16xf32>
  return
}

// -----

func.func @a_state_that_counts_by_nothing(%x: tensor<?x?x3x16xf32>, %U: !attn.state<?x3x16x16xf32>, %scale: f32) {
  // expected-error @below {{expects the query lengths of its sequences to be an argument of the function, by which the state grows; write attn.padded queries(%lengths : tensor<?xi32>)}}
  %a = attn.generic linear none queries(%x : tensor<?x?x3x16xf32>) keys(%x : tensor<?x?x3x16xf32>) value(%x : tensor<?x?x3x16xf32>) scale %scale state(%U : !attn.state<?x3x16x16xf32>) -> tensor<?x?x3x16xf32>
  return
}

// -----

// The lengths of states are counted for all cases of a choice.
func.func @a_state_that_grows_in_a_case(%x: tensor<?x?x3x16xf32>, %l: tensor<?xi32> {nn.name = "l"}, %U: !attn.state<?x3x16x16xf32>, %scale: f32, %flag: tensor<1xi32>) -> tensor<?x?x3x16xf32> {
  %seq = attn.padded queries(%l : tensor<?xi32>) start top_left
  // expected-note @below {{the choice}}
  %y = nn.choose %flag : tensor<1xi32> -> tensor<?x?x3x16xf32> {
    nn.yield %x : tensor<?x?x3x16xf32>
  }, {
    // expected-error @below {{cannot stand in a case of nn.choose, because its state grows whatever is chosen; put it before or after}}
    %a = attn.generic linear none queries(%x : tensor<?x?x3x16xf32>) keys(%x : tensor<?x?x3x16xf32>) value(%x : tensor<?x?x3x16xf32>) scale %scale in %seq state(%U : !attn.state<?x3x16x16xf32>) -> tensor<?x?x3x16xf32>
    nn.yield %a : tensor<?x?x3x16xf32>
  }
  return %y : tensor<?x?x3x16xf32>
}

// -----

func.func @lengths_and_offsets_in_one(%x: tensor<?x?x8xf32> {nn.dims = ["B", "T", "8"]}, %q: tensor<?x2x16xf32> {nn.dims = ["R", "2", "16"]},
                                      // expected-error @below {{expects an argument to be lengths or offsets, but it is read as both; pass two arguments}}
                                      %n: tensor<?xi32> {nn.dims = ["B"]}) -> (tensor<?x8xf32>, tensor<?x2x16xf32>) {
  %scale = arith.constant 2.500000e-01 : f32
  %0 = nn.pool mean %x lengths(%n : tensor<?xi32>) : tensor<?x?x8xf32> -> tensor<?x8xf32>
  %seq = attn.packed %n, %n : tensor<?xi32>, tensor<?xi32> start top_left
  %o = attn.generic exp sum queries(%q : tensor<?x2x16xf32>) keys(%q : tensor<?x2x16xf32>) value(%q : tensor<?x2x16xf32>) scale %scale in %seq -> tensor<?x2x16xf32>
  return %0, %o : tensor<?x8xf32>, tensor<?x2x16xf32>
}
