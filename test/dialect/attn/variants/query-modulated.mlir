// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --attn-expand-layers | FileCheck %s --check-prefix=EXPANDED
// attn.query_modulated prints as it is read, and leaves nothing of itself behind.

// EXPANDED: #[[HEADS:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d2 * 64 + d4, d3)>

// CHECK-LABEL: func.func @a_gate_for_each_head(
// EXPANDED-LABEL: func.func @a_gate_for_each_head(
// EXPANDED-NOT: attn.query_modulated
func.func @a_gate_for_each_head(%q: tensor<?x?x8x64xf32>, %o: tensor<?x?x8x32xf32>) -> tensor<?x?x8x32xf32> {
  %w = nn.weight "gate" : !nn.weight<512x32>
  // CHECK: attn.query_modulated %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x?x8x64xf32>, tensor<?x?x8x32xf32>, !nn.weight<512x32>
  // The product for each head, then the gate.
  // EXPANDED: nn.generic ins(%{{.*}}, %{{.*}} : tensor<?x?x8x64xf32>, !nn.weight<512x32>)
  // EXPANDED-SAME: maps [#{{.*}}, #[[HEADS]]] init 0.000000e+00 : f32
  // EXPANDED: nn.generic ins(%{{.*}}, %{{.*}} : tensor<?x?x8x32xf32>, tensor<?x?x8x32xf32>)
  // EXPANDED: math.exp
  %y = attn.query_modulated %q, %o, %w : tensor<?x?x8x64xf32>, tensor<?x?x8x32xf32>, !nn.weight<512x32>
  return %y : tensor<?x?x8x32xf32>
}
