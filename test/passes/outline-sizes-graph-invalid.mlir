// RUN: attn-opt %s --attn-outline --split-input-file --verify-diagnostics
//
// Sizes that the ops around attention need to be equal have one name, or one number.

// expected-note @+1 {{the sizes of operand 0 are (B, 16)}}
func.func @other_rows(%x: tensor<?x16xf32> {nn.dims = ["B", "16"]},
    // expected-note @+1 {{the sizes of operand 1 are (C, 16)}}
    %y: tensor<?x16xf32> {nn.dims = ["C", "16"]}) -> tensor<?x16xf32> {
  // expected-error @+1 {{'nn.add' op expects dimension 0 of operand 1 to have the size of dimension 0 of operand 0, but got 'C' and 'B'; write one name for both in nn.dims; the runtime holds a name to one size, and compares no two names}}
  %a = nn.add %x, %y : tensor<?x16xf32>
  return %a : tensor<?x16xf32>
}

// -----

// expected-note @+1 {{the sizes of operand 0 are (B, 16)}}
func.func @four_rows(%x: tensor<?x16xf32> {nn.dims = ["B", "16"]}, %g: !nn.weight<16>) -> tensor<4x16xf32> {
  // expected-error @+1 {{expects dimension 0 of result 0 to have the size of dimension 0 of operand 0, but got 4 and 'B'; write the number in both types, or one name for both in nn.dims}}
  %y = nn.rms_norm %x, %g epsilon 1.0e-5 : tensor<?x16xf32>, !nn.weight<16> -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// -----

// expected-note @+1 {{the sizes of the rows are (B, T, 16)}}
func.func @pool_lengths(%x: tensor<?x?x16xf32> {nn.dims = ["B", "T", "16"]},
    // expected-note @+1 {{the sizes of the lengths are (L)}}
    %lengths: tensor<?xi32> {nn.dims = ["L"]}) -> tensor<?x16xf32> {
  // expected-error @+1 {{expects dimension 0 of the lengths to have the size of dimension 0 of the rows, but got 'L' and 'B'}}
  %y = nn.pool mean %x lengths(%lengths : tensor<?xi32>) : tensor<?x?x16xf32> -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// -----

// expected-note @+1 {{the sizes of the rows are (B, T, 16)}}
func.func @starts_of_positions(%x: tensor<?x?x16xf32> {nn.dims = ["B", "T", "16"]},
    // expected-note @+1 {{the sizes of the starts are (N)}}
    %start: tensor<?xi32> {nn.dims = ["N"]}, %table: !nn.weight<32x16>) -> tensor<?x?x16xf32> {
  %seq = attn.padded start %start : tensor<?xi32>
  // expected-error @+1 {{expects dimension 0 of the starts to have the size of dimension 0 of the rows, but got 'N' and 'B'}}
  %y = nn.add_positions %x, %table at %seq : tensor<?x?x16xf32>, !nn.weight<32x16>
  return %y : tensor<?x?x16xf32>
}

// -----

func.func @a_residual_of_other_rows(%x: tensor<?x16xf32> {nn.dims = ["B", "16"]},
    // expected-note @+1 {{the sizes of extra 0 are (C, 8)}}
    %y: tensor<?x8xf32> {nn.dims = ["C", "8"]}, %w: !nn.weight<8x16>) -> tensor<?x8xf32> {
  // expected-error @+1 {{expects dimension 0 of extra 0 to have the size of dimension 0 of the result, but got 'C' and 'B'}}
  %z = nn.contract %x weights(%w : !nn.weight<8x16>) extras(%y : tensor<?x8xf32>) {
  ^bb0(%a: f32, %e: f32):
    %s = arith.addf %a, %e : f32
    nn.yield %s : f32
  } : tensor<?x16xf32> -> tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}

// -----

// expected-note @+1 {{the sizes of input 0 are (B, T)}}
func.func @one_loop_over_two_names(%x: tensor<?x?xf32> {nn.dims = ["B", "T"]},
    // expected-note @+1 {{the sizes of input 1 are (S)}}
    %y: tensor<?xf32> {nn.dims = ["S"]}) -> tensor<1xf32> {
  // expected-error @+1 {{expects dimension 0 of input 1 to have the size of dimension 1 of input 0, but got 'S' and 'T'}}
  %z = nn.generic ins(%x, %y : tensor<?x?xf32>, tensor<?xf32>)
    maps [affine_map<(p, n, t) -> (n, t)>, affine_map<(p, n, t) -> (t)>] init 0.0 : f32 {
  ^bb0(%a: f32, %b: f32, %sum: f32, %p: i32, %n: i32, %t: i32):
    %product = arith.mulf %a, %b : f32
    %next = arith.addf %sum, %product : f32
    nn.yield %next : f32
  } -> tensor<1xf32>
  return %z : tensor<1xf32>
}

// -----

func.func @parts_of_other_rows(%x: tensor<?x1x16xf32> {nn.dims = ["B", "1", "16"]},
    // expected-note @+1 {{the sizes of input 1 are (C, 2, 16)}}
    %y: tensor<?x2x16xf32> {nn.dims = ["C", "2", "16"]}) -> tensor<?x3x16xf32> {
  // expected-error @+1 {{expects dimension 0 of input 1 to have the size of dimension 0 of the result, but got 'C' and 'B'}}
  %z = nn.concat %x, %y axis 1 : tensor<?x1x16xf32>, tensor<?x2x16xf32> -> tensor<?x3x16xf32>
  return %z : tensor<?x3x16xf32>
}

// -----

// expected-note @+1 {{the sizes of the input are (B, T, 16)}}
func.func @a_view_with_a_number(%x: tensor<?x?x16xf32> {nn.dims = ["B", "T", "16"]}) -> tensor<7x?x16xf32> {
  // expected-error @+1 {{expects dimension 0 of the result to have the size of dimension 1 of the input, but got 7 and 'T'}}
  %y = nn.transpose %x [1, 0, 2] : tensor<?x?x16xf32> -> tensor<7x?x16xf32>
  return %y : tensor<7x?x16xf32>
}

// -----

// expected-note @+1 {{the sizes of carried value 0 are (B, 16)}}
func.func @a_round_that_gives_other_rows(%x: tensor<?x16xf32> {nn.dims = ["B", "16"]},
    // expected-note @+1 {{the sizes of value 0 are (C, 16)}}
    %y: tensor<?x16xf32> {nn.dims = ["C", "16"]}) -> tensor<?x16xf32> {
  %z = nn.repeat 2 "layer" carry(%x : tensor<?x16xf32>) {
  ^bb0(%h: tensor<?x16xf32>):
    // expected-error @+1 {{'nn.yield' op expects dimension 0 of value 0 to have the size of dimension 0 of carried value 0, but got 'C' and 'B'}}
    nn.yield %y : tensor<?x16xf32>
  } -> tensor<?x16xf32>
  return %z : tensor<?x16xf32>
}

// -----

// expected-note @+1 {{the sizes of the first case's value 0 are (B, 16)}}
func.func @cases_of_other_rows(%x: tensor<?x16xf32> {nn.dims = ["B", "16"]},
    // expected-note @+1 {{the sizes of value 0 are (C, 16)}}
    %y: tensor<?x16xf32> {nn.dims = ["C", "16"]}, %flag: tensor<1xi32>) -> tensor<?x16xf32> {
  %z = nn.choose %flag : tensor<1xi32> -> tensor<?x16xf32> {
    nn.yield %x : tensor<?x16xf32>
  }, {
    // expected-error @+1 {{'nn.yield' op expects dimension 0 of value 0 to have the size of dimension 0 of the first case's value 0, but got 'C' and 'B'}}
    nn.yield %y : tensor<?x16xf32>
  }
  return %z : tensor<?x16xf32>
}

// -----

// Each of several results, and of several functions.
// expected-error @+2 {{expects result 0 to have the sizes ["N", "64"], but its nn.dims are ["M", "64"]; write those that it has}}
// expected-error @+1 {{expects result 2 to have the sizes ["N", "64"], but its nn.dims are ["L", "64"]; write those that it has}}
func.func @results_of_other_sizes(%x: tensor<?x64xf32> {nn.dims = ["N", "64"]})
    -> (tensor<?x64xf32> {nn.dims = ["M", "64"]}, tensor<?x64xf32>, tensor<?x64xf32> {nn.dims = ["L", "64"]}) {
  %y = nn.relu %x : tensor<?x64xf32> -> tensor<?x64xf32>
  return %x, %x, %y : tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>
}

// expected-error @+1 {{expects result 0 to have the sizes ["N", "64"], but its nn.dims are ["M", "64"]; write those that it has}}
func.func @a_result_of_other_sizes(%x: tensor<?x64xf32> {nn.dims = ["N", "64"]}) -> (tensor<?x64xf32> {nn.dims = ["M", "64"]}) {
  return %x : tensor<?x64xf32>
}
