// RUN: attn-opt %s --attn-expand-layers | FileCheck %s
//
// A layer is replaced by the graph that it stands for, wherever it stands.

// CHECK-LABEL: func.func @a_layer_in_a_repeat(
func.func @a_layer_in_a_repeat(%q: tensor<?x?x8x64xf32>) -> tensor<?x?x8x64xf32> {
  // CHECK: nn.repeat 3
  %y = nn.repeat 3 "layer" carry(%q : tensor<?x?x8x64xf32>) {
  ^bb0(%x: tensor<?x?x8x64xf32>):
    // CHECK: %[[WEIGHT:.*]] = nn.weight "{layer}.gate"
    %w = nn.weight "{layer}.gate" : !nn.weight<512x64>
    // CHECK: %[[PRODUCTS:.*]] = nn.generic ins(%{{.*}}, %[[WEIGHT]] :
    // CHECK: %[[GATED:.*]] = nn.generic ins(%[[PRODUCTS]], %{{.*}} :
    %g = attn.query_modulated %q, %x, %w : tensor<?x?x8x64xf32>, tensor<?x?x8x64xf32>, !nn.weight<512x64>
    // CHECK: nn.yield %[[GATED]]
    nn.yield %g : tensor<?x?x8x64xf32>
  } -> tensor<?x?x8x64xf32>
  return %y : tensor<?x?x8x64xf32>
}
