// RUN: attn-opt %s --attn-outline --attn-bufferize --attn-plan=target=cpu:avx512f | FileCheck %s
// RUN: attn-opt %s --attn-outline --attn-bufferize --attn-plan=target=sm_80 | FileCheck %s --check-prefix=GPU
//
// A twin tells weights to who looks into memory: on a CPU, where one implementation for all sizes is enough.

// CHECK: tile.kernel @attention_decode implements "attention" when
// CHECK: tile.kernel @attention_prefill implements "attention" access
// CHECK-NOT: @attention_twin_{{decode|small}}
// CHECK: tile.kernel @attention_twin_prefill implements "attention_twin" access ["read", "read", "write", "read"]
// CHECK-NOT: @attention_twin
// CHECK: func.func

// GPU: tile.kernel @attention access
// GPU-NOT: twin
// GPU: func.func
func.func @keys_that_are_values(%q: tensor<?x?x6x64xbf16> {nn.dims = ["B", "T", "6", "64"]}, %k: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"]})
    -> (tensor<?x?x6x64xbf16> {nn.name = "o"}) {
  %scale = arith.constant 0.125 : f32
  %o = attn.generic exp sum queries(%q : tensor<?x?x6x64xbf16>) keys(%k : tensor<?x?x2x64xbf16>) value(%k : tensor<?x?x2x64xbf16>)
       scale %scale -> tensor<?x?x6x64xbf16>
  return %o : tensor<?x?x6x64xbf16>
}
