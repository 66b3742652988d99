// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --attn-expand-layers | FileCheck %s --check-prefix=EXPANDED
// attn.gated prints as it is read, and leaves nothing of itself behind.

// CHECK-LABEL: func.func @a_gate_an_element(
// EXPANDED-LABEL: func.func @a_gate_an_element(
// EXPANDED-NOT: attn.gated
func.func @a_gate_an_element(%x: tensor<?x?x96xf32>, %o: tensor<?x?x4x16xf32>) -> tensor<?x?x64xf32> {
  %w = nn.weight "gate" : !nn.weight<64x96>
  // CHECK: attn.gated %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x?x96xf32>, tensor<?x?x4x16xf32>, !nn.weight<64x96> -> tensor<?x?x64xf32>
  // EXPANDED: nn.linear %{{.*}}, %{{.*}} : tensor<?x?x96xf32>, !nn.weight<64x96> -> tensor<?x?x64xf32>
  %y = attn.gated %x, %o, %w : tensor<?x?x96xf32>, tensor<?x?x4x16xf32>, !nn.weight<64x96> -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// CHECK-LABEL: func.func @a_gate_a_head(
// EXPANDED-LABEL: func.func @a_gate_a_head(
func.func @a_gate_a_head(%x: tensor<?x?x96xf32>, %o: tensor<?x?x4x16xf32>) -> tensor<?x?x64xf32> {
  %w = nn.weight "gate" : !nn.weight<4x96>
  %b = nn.weight "bias" : !nn.weight<4>
  // CHECK: attn.gated %{{.*}}, %{{.*}}, %{{.*}} bias %{{.*}} : !nn.weight<4> for : tensor<?x?x96xf32>
  // EXPANDED: nn.linear %{{.*}}, %{{.*}} bias %{{.*}} -> tensor<?x?x4xf32>
  // EXPANDED: nn.generic ins(%{{.*}}, %{{.*}} : tensor<?x?x4x16xf32>, tensor<?x?x4xf32>)
  %y = attn.gated %x, %o, %w bias %b : !nn.weight<4> for : tensor<?x?x96xf32>, tensor<?x?x4x16xf32>, !nn.weight<4x96> -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}
