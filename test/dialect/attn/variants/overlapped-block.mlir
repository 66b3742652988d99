// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --attn-expand-layers | FileCheck %s --check-prefix=EXPANDED
// attn.overlapped_block prints as it is read, and leaves nothing of itself behind.

// CHECK-LABEL: func.func @on_a_chain(
// EXPANDED-LABEL: func.func @on_a_chain(
// EXPANDED-NOT: attn.overlapped_block
func.func @on_a_chain(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %v: tensor<?x?x3x64xf32>, %c: i32, %cap: f32) -> tensor<?x?x9x64xf32> {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // EXPANDED: %[[SCORES:.*]] = attn.softcap
  %s1 = attn.softcap %s0 at %cap
  // CHECK: attn.overlapped_block %{{.*}}, %{{.*}} of %{{.*}} : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32>
  // EXPANDED: %[[LATER:.*]] = attn.block %[[SCORES]] of %{{.*}} later
  // EXPANDED: %[[A:.*]] = attn.softmax %[[LATER]]
  // EXPANDED: %[[EARLIER:.*]] = attn.block %[[SCORES]] of %{{.*}} earlier
  // EXPANDED: %[[B:.*]] = attn.softmax %[[EARLIER]]
  // EXPANDED: nn.generic ins(%[[A]], %[[B]] :
  %o = attn.overlapped_block %s1, %v of %c : tensor<?x?x3x64xf32> -> tensor<?x?x9x64xf32>
  return %o : tensor<?x?x9x64xf32>
}
