// RUN: attn-opt %s --attn-bufferize --split-input-file --verify-diagnostics

// expected-error @+1 {{expects a name for dimension 0 of argument 0, which is 'tensor<?x64xf32>'}}
func.func @dimension_without_a_name(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  return %x : tensor<?x64xf32>
}

// -----

// expected-error @+1 {{expects its results to be tensors, but result 0 is 'i32'}}
func.func @scalar_result(%x: i32) -> i32 {
  return %x : i32
}
