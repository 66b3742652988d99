// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --attn-expand-layers | FileCheck %s --check-prefix=EXPANDED
// attn.mixed prints as it is read, and leaves nothing of itself behind.

// EXPANDED: #[[ONE:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, 0)>

// CHECK-LABEL: func.func @a_gate_a_token(
// EXPANDED-LABEL: func.func @a_gate_a_token(
// EXPANDED-NOT: attn.mixed
func.func @a_gate_a_token(%x: tensor<?x?x96xf32>, %a: tensor<?x?x64xf32>) -> tensor<?x?x64xf32> {
  %p = nn.weight "projection" : !nn.weight<64x96>
  %g = nn.weight "gate" : !nn.weight<1x96>
  %b = nn.weight "bias" : !nn.weight<1>
  // CHECK: attn.mixed %{{.*}}, %{{.*}} projection %{{.*}} gate %{{.*}} bias %{{.*}} : !nn.weight<1> for : tensor<?x?x96xf32>
  // EXPANDED-DAG: nn.linear {{.*}} -> tensor<?x?x64xf32>
  // EXPANDED-DAG: nn.linear {{.*}} -> tensor<?x?x1xf32>
  // EXPANDED: nn.generic {{.*}} maps [#{{.*}}, #{{.*}}, #[[ONE]]]
  %y = attn.mixed %x, %a projection %p gate %g bias %b : !nn.weight<1> for : tensor<?x?x96xf32>, tensor<?x?x64xf32>, !nn.weight<64x96>, !nn.weight<1x96>
  return %y : tensor<?x?x64xf32>
}
