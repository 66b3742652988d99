// RUN: attn-opt %s --attn-record-states | FileCheck %s

// Caches learn by which argument they grow, through the slices of a repeat too.

// CHECK-LABEL: func.func @append_in_a_repeat
// CHECK-SAME: !attn.cache<2x?x?x3x64xbf16> {nn.advance = "lengths", nn.dims
func.func @append_in_a_repeat(%x: tensor<?x?x3x64xf32> {nn.dims = ["B", "T", "3", "64"], nn.name = "x"},
                              %lengths: tensor<?xi32> {nn.dims = ["B"], nn.name = "lengths"},
                              %keys: !attn.cache<2x?x?x3x64xbf16> {nn.dims = ["2", "B", "C", "3", "64"], nn.name = "keys"}) {
  nn.repeat 2 "layer" slice(%keys : !attn.cache<2x?x?x3x64xbf16>) {
  ^bb0(%k: !attn.cache<?x?x3x64xbf16>):
    %start = attn.length %k : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
    %seq = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
    attn.append %k, %x at %seq : !attn.cache<?x?x3x64xbf16>, tensor<?x?x3x64xf32>
    nn.yield
  }
  return
}

// Packed rows: the cache grows by what lies between two offsets.
// CHECK-LABEL: func.func @append_of_packed_rows
// CHECK-SAME: tensor<?xi32> {nn.dims = ["B + 1"], nn.name = "offsets", nn.offsets = "R"}
// CHECK-SAME: !attn.cache<?x?x3x64xbf16> {nn.advance_offsets = "offsets", nn.dims
func.func @append_of_packed_rows(%x: tensor<?x3x64xf32> {nn.dims = ["R", "3", "64"], nn.name = "x"},
                                 %offsets: tensor<?xi32> {nn.dims = ["B + 1"], nn.name = "offsets"},
                                 %keys: !attn.cache<?x?x3x64xbf16> {nn.dims = ["B", "C", "3", "64"], nn.name = "keys"}) {
  %start = attn.length %keys : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
  %seq = attn.packed %offsets : tensor<?xi32> start %start : tensor<?xi32>
  attn.append %keys, %x at %seq : !attn.cache<?x?x3x64xbf16>, tensor<?x3x64xf32>
  return
}

// A state counts by the same argument, behind the dimension of its layers; the caches that it empties know when.
// CHECK-LABEL: func.func @states_of_layers
// CHECK-SAME: %{{[a-z0-9]+}}: !attn.cache<2x?x?x3x16xf32> {nn.advance = "lengths", nn.dims = ["2", "B", "C", "3", "16"], nn.folds_at = 32 : i64
// CHECK-SAME: !attn.state<2x?x3x136x16xf32> {nn.advance = "lengths", nn.dims = {{.*}}, nn.name = "U", nn.sequence_axis = 1 : i64}
// CHECK-SAME: !attn.state<2x?x3x136xf32> {nn.advance = "lengths", {{.*}} nn.sequence_axis = 1 : i64}
func.func @states_of_layers(%x: tensor<?x?x3x16xf32> {nn.dims = ["B", "T", "3", "16"], nn.name = "x"},
                            %lengths: tensor<?xi32> {nn.dims = ["B"], nn.name = "lengths"},
                            %keys: !attn.cache<2x?x?x3x16xf32> {nn.dims = ["2", "B", "C", "3", "16"], nn.name = "keys"},
                            %U: !attn.state<2x?x3x136x16xf32> {nn.dims = ["2", "B", "3", "136", "16"], nn.name = "U"},
                            %u: !attn.state<2x?x3x136xf32> {nn.dims = ["2", "B", "3", "136"], nn.name = "u"}) -> tensor<?x?x3x16xf32> {
  %scale = arith.constant 2.500000e-01 : f32
  %y = nn.repeat 2 "layer" carry(%x : tensor<?x?x3x16xf32>) slice(%keys, %U, %u : !attn.cache<2x?x?x3x16xf32>, !attn.state<2x?x3x136x16xf32>, !attn.state<2x?x3x136xf32>) {
  ^bb0(%z: tensor<?x?x3x16xf32>, %k: !attn.cache<?x?x3x16xf32>, %V: !attn.state<?x3x136x16xf32>, %v: !attn.state<?x3x136xf32>):
    %start = attn.length %k : !attn.cache<?x?x3x16xf32> -> tensor<?xi32>
    %seq = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
    attn.append %k, %z at %seq : !attn.cache<?x?x3x16xf32>, tensor<?x?x3x16xf32>
    %o = attn.generic linear sum queries(%z : tensor<?x?x3x16xf32>) keys(%k : !attn.cache<?x?x3x16xf32>) value(%k : !attn.cache<?x?x3x16xf32>) scale %scale power 2 in %seq state(%V, %v : !attn.state<?x3x136x16xf32>, !attn.state<?x3x136xf32>) switch_over 32 mask {
    ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
      %admits = arith.cmpi sle, %j, %i : i32
      attn.yield %admits : i1
    } -> tensor<?x?x3x16xf32>
    nn.yield %o : tensor<?x?x3x16xf32>
  } -> tensor<?x?x3x16xf32>
  return %y : tensor<?x?x3x16xf32>
}

// Lengths say what they count, the least of it where that is several things; what no argument holds says nothing.
// CHECK-LABEL: func.func @lengths_of_two_tensors
// CHECK-SAME: tensor<?xi32> {nn.dims = ["B"], nn.lengths = "min(T, S)", nn.name = "lengths"}
func.func @lengths_of_two_tensors(%x: tensor<?x?x8xf32> {nn.dims = ["B", "T", "8"], nn.name = "x"},
                                  %y: tensor<?x?x8xf32> {nn.dims = ["B", "S", "8"], nn.name = "y"},
                                  %lengths: tensor<?xi32> {nn.dims = ["B"], nn.name = "lengths"}) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %0 = nn.pool mean %x lengths(%lengths : tensor<?xi32>) : tensor<?x?x8xf32> -> tensor<?x8xf32>
  %1 = nn.pool last %y lengths(%lengths : tensor<?xi32>) : tensor<?x?x8xf32> -> tensor<?x8xf32>
  return %0, %1 : tensor<?x8xf32>, tensor<?x8xf32>
}

// Keys that are not packed have steps between offsets, and rows.
// CHECK-LABEL: func.func @offsets_of_packed_queries
// CHECK-SAME: nn.name = "q_offsets", nn.offsets = "R"}
// CHECK-SAME: nn.name = "k_offsets", nn.steps = "S"}
func.func @offsets_of_packed_queries(%q: tensor<?x2x16xf32> {nn.dims = ["R", "2", "16"], nn.name = "q"},
                                     %k: tensor<?x?x2x16xf32> {nn.dims = ["B", "S", "2", "16"], nn.name = "k"},
                                     %q_offsets: tensor<?xi32> {nn.dims = ["B + 1"], nn.name = "q_offsets"},
                                     %k_offsets: tensor<?xi32> {nn.dims = ["B + 1"], nn.name = "k_offsets"}) -> tensor<?x2x16xf32> {
  %scale = arith.constant 2.500000e-01 : f32
  %seq = attn.packed %q_offsets, %k_offsets : tensor<?xi32>, tensor<?xi32> start top_left
  %o = attn.generic exp sum queries(%q : tensor<?x2x16xf32>) keys(%k : tensor<?x?x2x16xf32>) value(%k : tensor<?x?x2x16xf32>) scale %scale in %seq -> tensor<?x2x16xf32>
  return %o : tensor<?x2x16xf32>
}
