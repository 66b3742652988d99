// RUN: attn-opt %s --attn-assign-memory --verify-diagnostics

func.func @temporary_that_nothing_touches(%x: memref<?xf32> {nn.dims = ["N"]}) {
  // expected-error @+1 {{expects a command that uses it}}
  %t = tile.alloc ["N"] : memref<?xf32>
  return
}
