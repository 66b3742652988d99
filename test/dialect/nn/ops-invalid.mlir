// RUN: attn-opt %s --split-input-file --verify-diagnostics
//
// What the verifiers of the graph ops refuse. Labels are those of dialect/nn/NN.td.

// weight (C1)
func.func @index_outside_a_repeat() {
  // expected-error @+1 {{expects '{layer}' to name the index of an enclosing nn.repeat, but there is none}}
  %w = nn.weight "blk.{layer}.norm" : !nn.weight<64>
  return
}

// -----

// weight (C1)
func.func @index_of_another_repeat() {
  nn.repeat 2 "block" {
    // expected-error @+1 {{expects '{layer}' to name the index of an enclosing nn.repeat, but that is 'block'}}
    %w = nn.weight "blk.{layer}.norm" : !nn.weight<64>
    nn.yield
  }
  return
}

// -----

// expected-error @+1 {{expects a weight to have one or two positive sizes, but got [2, 3, 4]; write !nn.weight<out x in> or !nn.weight<width>}}
func.func @weight_of_three_sizes(%w: !nn.weight<2x3x4>) {
  return
}

// -----

// embed (C1)
func.func @table_of_another_width(%t: tensor<?xi32>, %w: !nn.weight<256x32>) {
  // expected-error @+1 {{expects tokens (…) of i32 and a table (vocabulary, D) to give (…, D)}}
  %x = nn.embed %t, %w : tensor<?xi32>, !nn.weight<256x32> -> tensor<?x64xf32>
  return
}

// -----

// linear (C1)
func.func @input_of_another_width(%x: tensor<?x32xf32>, %w: !nn.weight<96x64>) {
  // expected-error @+1 {{expects the input to have the weight's 64 features, but got 'tensor<?x32xf32>'}}
  %y = nn.linear %x, %w : tensor<?x32xf32>, !nn.weight<96x64> -> tensor<?x96xf32>
  return
}

// -----

// linear (C1)
func.func @bias_of_another_size(%x: tensor<?x64xf32>, %w: !nn.weight<96x64>, %b: !nn.weight<64>) {
  // expected-error @+1 {{expects the bias to be !nn.weight<96>, but got '!nn.weight<64>'}}
  %y = nn.linear %x, %w bias %b : !nn.weight<64> for : tensor<?x64xf32>, !nn.weight<96x64> -> tensor<?x96xf32>
  return
}

// -----

// swiglu (C1)
func.func @result_of_another_width(%x: tensor<?x64xf32>, %w: !nn.weight<96x64>) {
  // expected-error @+1 {{expects a result with the input's rows and 96 features, but got 'tensor<?x64xf32>'}}
  %y = nn.swiglu %x, %w, %w : tensor<?x64xf32>, !nn.weight<96x64> -> tensor<?x64xf32>
  return
}

// -----

// rms_norm (C1)
func.func @gain_of_another_size(%x: tensor<?x64xf32>, %g: !nn.weight<32>) {
  // expected-error @+1 {{expects the gain to be !nn.weight<64>, but got '!nn.weight<32>'}}
  %y = nn.rms_norm %x, %g epsilon 1.0e-5 : tensor<?x64xf32>, !nn.weight<32> -> tensor<?x64xf32>
  return
}

// -----

// rms_norm (C2)
func.func @epsilon_of_zero(%x: tensor<?x64xf32>, %g: !nn.weight<64>) {
  // expected-error @+1 {{expects a positive epsilon, but got 0}}
  %y = nn.rms_norm %x, %g epsilon 0.0 : tensor<?x64xf32>, !nn.weight<64> -> tensor<?x64xf32>
  return
}

// -----

// cast (C1)
func.func @cast_to_an_integer(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{expects elements of type f32, bf16 or f16, but got 'tensor<?x64xi8>'; kernels compute with no others}}
  %y = nn.cast %x : tensor<?x64xf32> -> tensor<?x64xi8>
  return
}

// -----

// quantize (C1)
func.func @row_of_broken_blocks(%x: tensor<?x48xf32>) {
  // expected-error @+1 {{expects f32 rows of a multiple of 32 features, but got 'tensor<?x48xf32>'}}
  %y = nn.quantize %x : tensor<?x48xf32> -> tensor<?x1x40xi8>
  return
}

// -----

// last (C1)
func.func @last_of_rows_without_sequences(%x: tensor<?x64xf32>, %l: tensor<?xi32>) {
  // expected-error @+1 {{expects an input (n, T, D) and a result (n, D) of one type}}
  %y = nn.pool last %x lengths(%l : tensor<?xi32>) : tensor<?x64xf32> -> tensor<64xf32>
  return
}

// -----

// split_heads (C1)
func.func @heads_that_do_not_add_up(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{expects (…, H·d) and (…, H, d) with static H and d}}
  %y = nn.split_heads %x : tensor<?x64xf32> -> tensor<?x3x16xf32>
  return
}

// -----

// merge_heads (C3)
func.func @heads_apart(%x: memref<?x4x16xf32, strided<[?, ?, ?], offset: ?>>) {
  // expected-error @+1 {{expects heads that stand side by side}}
  %y = nn.merge_heads %x : memref<?x4x16xf32, strided<[?, ?, ?], offset: ?>> -> memref<?x64xf32>
  return
}

// -----

// linear (C1)
func.func @a_linear_layer_of_integers(%x: tensor<?x4xi32>) {
  %w = nn.weight "w" : !nn.weight<4x4>
  // expected-error @+1 {{expects elements of type f32, bf16 or f16, but got 'tensor<?x4xi32>'; kernels compute with no others}}
  %y = nn.linear %x, %w : tensor<?x4xi32>, !nn.weight<4x4> -> tensor<?x4xi32>
  return
}

// -----

// l2_norm (C3)
func.func @a_norm_of_doubles(%x: tensor<?x4xf64>) {
  // expected-error @+1 {{expects elements of type f32, bf16 or f16, but got 'tensor<?x4xf64>'; kernels compute with no others}}
  %y = nn.l2_norm %x epsilon 1.0e-6 : tensor<?x4xf64> -> tensor<?x4xf64>
  return
}
