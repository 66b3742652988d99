// RUN: attn-opt %s --attn-outline --split-input-file --verify-diagnostics

func.func @layer_that_was_not_fused(%x: tensor<?x64xf32> {nn.dims = ["N", "64"]}, %w: !nn.weight<64x64>) -> tensor<?x64xf32> {
  // expected-error @+1 {{cannot stand in a graph of kernels; run attn-generalize and attn-fuse first}}
  %y = nn.linear %x, %w : tensor<?x64xf32>, !nn.weight<64x64> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// expected-error @+1 {{expects a name for dimension 0 of argument 0, which is 'tensor<?x64xf32>'; write one with {nn.dims = [...]}}}
func.func @dimension_without_a_name(%x: tensor<?x64xf32>, %g: !nn.weight<64>) -> tensor<?x64xf32> {
  %y = nn.rms_norm %x, %g epsilon 1.0e-5 : tensor<?x64xf32>, !nn.weight<64> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

func.func @cast_to_any_size(%x: tensor<4x64xf32>) -> tensor<?x64xf32> {
  // expected-error @+1 {{cannot stand in a graph of kernels; use 'tensor<4x64xf32>' itself, since nn and attn ops take static sizes where others are `?`}}
  %y = tensor.cast %x : tensor<4x64xf32> to tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
