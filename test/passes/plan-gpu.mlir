// RUN: attn-opt %s --attn-plan="target=sm_80 partial=true" | FileCheck %s

// On a GPU an attention kernel is one implementation; what the GPU does not carry is left out and says why.

!data = memref<?x?x2x64xf16, strided<[?, ?, ?, ?], offset: ?>>
!single = memref<?x?x2x64xf32, strided<[?, ?, ?, ?], offset: ?>>

// CHECK: tile.kernel @carried access
// CHECK-SAME: plan <rows = 64, keys = 64, form = "fragments", weights = f16, stages = 2>
// CHECK: attn.generic
tile.kernel @carried access ["read", "read", "read", "write"] {
^bb0(%q: !data, %k: !data, %v: !data, %o: !data):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded start top_left
  attn.generic exp sum queries(%q : !data) keys(%k : !data) value(%v : !data) scale %scale in %seq into(%o : !data)
  tile.return
}

// CHECK: tile.kernel @types_of_a_cpu access
// CHECK-NOT: attn.generic
// CHECK: left_out = "'attn.generic' op has queries of f32, but the kernels of sm_80 carry queries, keys and values that are all bf16 or all f16; convert them, or compile for cpu"
tile.kernel @types_of_a_cpu access ["read", "read", "read", "write"] {
^bb0(%q: !single, %k: !data, %v: !data, %o: !single):
  %scale = arith.constant 1.250000e-01 : f32
  %seq = attn.padded start top_left
  attn.generic exp sum queries(%q : !single) keys(%k : !data) value(%v : !data) scale %scale in %seq into(%o : !single)
  tile.return
}

// CHECK: tile.kernel @row_wise access
// CHECK: left_out = "'nn.silu' op has no kernels for sm_80, which carries attention alone; compile for cpu"
tile.kernel @row_wise access ["read", "write"] {
^bb0(%x: memref<?x64xf32, strided<[?, ?], offset: ?>>, %y: memref<?x64xf32, strided<[?, ?], offset: ?>>):
  %rows = bufferization.to_tensor %x : memref<?x64xf32, strided<[?, ?], offset: ?>> to tensor<?x64xf32>
  %result = nn.silu %rows : tensor<?x64xf32> -> tensor<?x64xf32>
  bufferization.materialize_in_destination %result in restrict writable %y : (tensor<?x64xf32>, memref<?x64xf32, strided<[?, ?], offset: ?>>) -> ()
  tile.return
}
