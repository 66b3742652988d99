// RUN: attn-opt %s --split-input-file --verify-diagnostics
//
// What the verifiers of ops on rows and of views refuse. Labels are those of dialect/nn/NN.td.

// layer_norm (C1)
func.func @bias_of_another_size(%x: tensor<?x64xf32>, %b: !nn.weight<32>) {
  // expected-error @+1 {{expects the bias to be !nn.weight<64>, but got '!nn.weight<32>'}}
  %y = nn.layer_norm %x bias %b : !nn.weight<32> epsilon 1.0e-5 : tensor<?x64xf32> -> tensor<?x64xf32>
  return
}

// -----

// layer_norm (C2)
func.func @epsilon_of_zero(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{expects a positive epsilon, but got 0.000000e+00; a row of equal numbers is divided by its root}}
  %y = nn.layer_norm %x epsilon 0.0 : tensor<?x64xf32> -> tensor<?x64xf32>
  return
}

// -----

// add_vector (C1)
func.func @vector_of_another_size(%x: tensor<?x64xf32>, %v: !nn.weight<32>) {
  // expected-error @+1 {{expects the vector to be !nn.weight<64>, but got '!nn.weight<32>'}}
  %y = nn.add_vector %x, %v : tensor<?x64xf32>, !nn.weight<32>
  return
}

// -----

// argmax (C1)
func.func @indices_of_another_type(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{expects a result of i32 with the input's rows}}
  %y = nn.argmax %x : tensor<?x64xf32> -> tensor<?xi64>
  return
}

// -----

// top_k (C1)
func.func @more_than_there_are(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{expects 1 <= k <= the input's features}}
  %v, %i = nn.top_k %x : tensor<?x4xf32> -> tensor<?x5xf32>, tensor<?x5xi32>
  return
}

// -----

// add_positions (C1)
func.func @positions_of_another_width(%x: tensor<?x?x64xf32>, %w: !nn.weight<512x32>) {
  // expected-error @+1 {{expects a table (positions, 64), but got '!nn.weight<512x32>'}}
  %y = nn.add_positions %x, %w : tensor<?x?x64xf32>, !nn.weight<512x32>
  return
}

// -----

// add_positions (C2)
func.func @packed_rows_of_two_dimensions(%x: tensor<?x?x64xf32>, %w: !nn.weight<512x64>, %offsets: tensor<?xi32>) {
  %at = attn.packed %offsets, %offsets : tensor<?xi32>, tensor<?xi32> start top_left
  // expected-error @+1 {{expects rows (n, T, D), or (rows, D) at attn.packed, but got 'tensor<?x?x64xf32>'}}
  %y = nn.add_positions %x, %w at %at : tensor<?x?x64xf32>, !nn.weight<512x64>
  return
}

// -----

// pool (C1)
func.func @lengths_of_another_batch(%x: tensor<2x?x64xf32>, %l: tensor<3xi32>) {
  // expected-error @+1 {{expects lengths (n) of i32, but got 'tensor<3xi32>'}}
  %y = nn.pool mean %x lengths(%l : tensor<3xi32>) : tensor<2x?x64xf32> -> tensor<2x64xf32>
  return
}

// -----

// prepend (C1)
func.func @row_before_unknown_rows(%x: tensor<?x?x64xf32>, %w: !nn.weight<64>) {
  // expected-error @+1 {{expects (n, T, D) with static T to give (n, T + 1, D)}}
  %y = nn.prepend %x, %w : tensor<?x?x64xf32>, !nn.weight<64> -> tensor<?x?x64xf32>
  return
}

// -----

// patchify (C1)
func.func @patches_that_do_not_fit(%x: tensor<?x3x30x32xf32>) {
  // expected-error @+1 {{expects images (n, c, height, width) of multiples of the patch's size}}
  %y = nn.patchify %x size 16 : tensor<?x3x30x32xf32> -> tensor<?x2x768xf32>
  return
}

// -----

// patchify (C2)
func.func @patches_of_another_width(%x: tensor<?x3x32x32xf32>) {
  // expected-error @+1 {{expects a result (n, 4, 768) of the images' type, but got 'tensor<?x4x700xf32>'}}
  %y = nn.patchify %x size 16 : tensor<?x3x32x32xf32> -> tensor<?x4x700xf32>
  return
}

// -----

// slice (C1)
func.func @range_beyond_the_end(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{expects a range inside the 64 of axis 1, but got one from 60 in 'tensor<?x8xf32>'}}
  %y = nn.slice %x axis 1 from 60 : tensor<?x64xf32> -> tensor<?x8xf32>
  return
}

// -----

// slice (C1)
func.func @range_of_a_dynamic_axis(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{expects to change one static size, that of axis 0}}
  %y = nn.slice %x axis 0 from 1 : tensor<?x64xf32> -> tensor<4x64xf32>
  return
}

// -----

// transpose (C1)
func.func @order_that_repeats(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{expects a permutation of 2 dimensions, but got [1, 1]}}
  %y = nn.transpose %x [1, 1] : tensor<?x64xf32> -> tensor<64x64xf32>
  return
}

// -----

// concat (C1)
func.func @sum_of_another_size(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{expects 128 along axis 1, the sum of its inputs, but got 'tensor<?x100xf32>'}}
  %y = nn.concat %x, %x axis 1 : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x100xf32>
  return
}

// -----

// expected-error @+1 {{does not know the attribute nn.choices}}
func.func @misspelt() attributes {nn.choices = "attention"} {
  return
}
