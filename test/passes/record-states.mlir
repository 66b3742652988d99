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
// CHECK-SAME: !attn.cache<?x?x3x64xbf16> {nn.advance_offsets = "offsets", nn.dims
func.func @append_of_packed_rows(%x: tensor<?x3x64xf32> {nn.dims = ["R", "3", "64"], nn.name = "x"},
                                 %offsets: tensor<?xi32> {nn.dims = ["O"], nn.name = "offsets"},
                                 %keys: !attn.cache<?x?x3x64xbf16> {nn.dims = ["B", "C", "3", "64"], nn.name = "keys"}) {
  %start = attn.length %keys : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
  %seq = attn.packed %offsets : tensor<?xi32> start %start : tensor<?xi32>
  attn.append %keys, %x at %seq : !attn.cache<?x?x3x64xbf16>, tensor<?x3x64xf32>
  return
}
