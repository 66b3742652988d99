// RUN: attn-opt %s --attn-outline --split-input-file | FileCheck %s
//
// What nobody uses is erased, unless it writes to what outlives the call.

// Attention whose output nobody reads still updates its state.
// CHECK: tile.kernel @attention
// CHECK-LABEL: func.func @a_state_without_an_output
func.func @a_state_without_an_output(%q: tensor<?x?x1x16xf32> {nn.dims = ["B", "T", "1", "16"]},
    %U: !attn.state<?x1x16x16xf32> {nn.dims = ["B", "1", "16", "16"]}) -> tensor<?x?x1x16xf32> {
  %scale = arith.constant 0.25 : f32
  // CHECK-NEXT: tile.launch @attention(%arg0, %arg1 :
  %o = attn.generic linear none queries(%q : tensor<?x?x1x16xf32>) keys(%q : tensor<?x?x1x16xf32>) value(%q : tensor<?x?x1x16xf32>)
       scale %scale state(%U : !attn.state<?x1x16x16xf32>) mask {
  ^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
    %admits = arith.cmpi sle, %j, %i : i32
    attn.yield %admits : i1
  } -> tensor<?x?x1x16xf32>
  return %q : tensor<?x?x1x16xf32>
}

// -----

// A state that comes as a value and a cache that is only read keep nothing alive.
// CHECK-NOT: tile.kernel
// CHECK-LABEL: func.func @values_and_reads
func.func @values_and_reads(%q: tensor<?x?x1x16xf32> {nn.dims = ["B", "T", "1", "16"]}, %k: !attn.cache<?x?x1x16xf32> {nn.dims = ["B", "C", "1", "16"]},
    %U: tensor<?x1x16x16xf32> {nn.dims = ["B", "1", "16", "16"]}, %keys: tensor<?xi32> {nn.dims = ["B"]}) -> tensor<?x?x1x16xf32> {
  %scale = arith.constant 0.25 : f32
  %at = attn.padded keys(%keys : tensor<?xi32>)
  // CHECK-NEXT: return
  %o = attn.generic linear none queries(%q : tensor<?x?x1x16xf32>) keys(%k : !attn.cache<?x?x1x16xf32>) value(%k : !attn.cache<?x?x1x16xf32>)
       scale %scale in %at state(%U : tensor<?x1x16x16xf32>) -> tensor<?x?x1x16xf32>
  return %q : tensor<?x?x1x16xf32>
}

// -----

// A choice that nobody looks at goes with its cases, in a repeat, too.
// CHECK-NOT: tile.kernel
// CHECK-LABEL: func.func @a_choice_in_a_repeat
func.func @a_choice_in_a_repeat(%x: tensor<?x16xf32> {nn.dims = ["B", "16"]}, %flag: tensor<1xi32>) -> tensor<?x16xf32> {
  // CHECK-NOT: nn.choose
  %y = nn.repeat 2 "layer" carry(%x : tensor<?x16xf32>) {
  ^bb0(%h: tensor<?x16xf32>):
    %z = nn.choose %flag : tensor<1xi32> -> tensor<?x16xf32> {
      nn.yield %h : tensor<?x16xf32>
    }, {
      %s = nn.silu %h : tensor<?x16xf32> -> tensor<?x16xf32>
      nn.yield %s : tensor<?x16xf32>
    }
    nn.yield %h : tensor<?x16xf32>
  } -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}
