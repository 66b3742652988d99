// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --attn-expand-layers | FileCheck %s --check-prefix=EXPANDED
// attn.bilinear_modulated prints as it is read, and leaves nothing of itself behind.

// EXPANDED: #[[GROUP:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2 floordiv 4, d3)>

// CHECK-LABEL: func.func @grouped_values(
// EXPANDED-LABEL: func.func @grouped_values(
// EXPANDED-NOT: attn.bilinear_modulated
func.func @grouped_values(%q: tensor<?x?x8x64xf32>, %v: tensor<?x?x2x64xf32>) -> tensor<?x?x8x64xf32> {
  %w = nn.weight "gate" : !nn.weight<512x64>
  // CHECK: attn.bilinear_modulated %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x?x8x64xf32>, tensor<?x?x2x64xf32>, !nn.weight<512x64> -> tensor<?x?x8x64xf32>
  // EXPANDED: nn.generic ins(%{{.*}}, %{{.*}} : tensor<?x?x8x64xf32>, !nn.weight<512x64>)
  // Four query heads read one value head.
  // EXPANDED: nn.generic ins(%{{.*}}, %{{.*}} : tensor<?x?x8x64xf32>, tensor<?x?x2x64xf32>)
  // EXPANDED-SAME: maps [#{{.*}}, #[[GROUP]]]
  %m = attn.bilinear_modulated %q, %v, %w : tensor<?x?x8x64xf32>, tensor<?x?x2x64xf32>, !nn.weight<512x64> -> tensor<?x?x8x64xf32>
  return %m : tensor<?x?x8x64xf32>
}
