// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --attn-expand-layers | FileCheck %s --check-prefix=EXPANDED
// attn.adaptive_precision prints as it is read, and leaves nothing of itself behind.

// CHECK-LABEL: func.func @chosen_by_a_sample(
// EXPANDED-LABEL: func.func @chosen_by_a_sample(
// EXPANDED-NOT: attn.adaptive_precision
func.func @chosen_by_a_sample(%q: tensor<?x?x8x64xf32>, %k: tensor<?x?x2x64xf32>, %v: tensor<?x?x2x64xf32>) -> (tensor<?x?x8x64xf32>, tensor<5xi32>) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x8x64xf32>, tensor<?x?x2x64xf32>
  %s1 = attn.causal %s0
  // CHECK: attn.adaptive_precision %{{.*}}, %{{.*}} default adaptive : tensor<?x?x2x64xf32> -> tensor<?x?x8x64xf32>, tensor<5xi32>
  // The sample has 64 queries and 64 keys, whatever the lengths.
  // EXPANDED: nn.generic {{.*}} init 0.000000e+00 : f32
  // EXPANDED: -> tensor<?x8x64x64xf32>
  // EXPANDED: %[[TAKEN:.*]] = nn.choose %{{.*}} : tensor<1xi32>
  // EXPANDED: attn.dot_product %{{.*}} : tensor<?x?x8x64xf32>, tensor<?x?x2x64xf32>
  // EXPANDED: attn.dot_product %{{.*}} : tensor<?x?x8x64xf16>, tensor<?x?x2x64xf16>
  // EXPANDED: attn.clamp
  // EXPANDED: attn.causal
  // EXPANDED: attn.dot_product %{{.*}} : tensor<?x?x8x64xbf16>, tensor<?x?x2x64xbf16>
  // What is not finite is repeated.
  // EXPANDED: nn.choose %{{.*}} : tensor<1xi32>
  // EXPANDED-NEXT: nn.yield %[[TAKEN]]
  %o, %counts = attn.adaptive_precision %s1, %v default adaptive : tensor<?x?x2x64xf32> -> tensor<?x?x8x64xf32>, tensor<5xi32>
  return %o, %counts : tensor<?x?x8x64xf32>, tensor<5xi32>
}

// Nothing is left to choose.
// CHECK-LABEL: func.func @fp32_is_forced(
// EXPANDED-LABEL: func.func @fp32_is_forced(
// EXPANDED-NOT: nn.choose
// EXPANDED: return
func.func @fp32_is_forced(%q: tensor<?x?x8x64xf32>, %before: tensor<5xi32>) -> (tensor<?x?x8x64xf32>, tensor<5xi32>) {
  %s = attn.dot_product %q, %q : tensor<?x?x8x64xf32>, tensor<?x?x8x64xf32>
  // CHECK: attn.adaptive_precision %{{.*}}, %{{.*}} default fp32 statistics %{{.*}} : tensor<?x?x8x64xf32>, tensor<5xi32> -> tensor<?x?x8x64xf32>, tensor<5xi32>
  %o, %counts = attn.adaptive_precision %s, %q default fp32 statistics %before : tensor<?x?x8x64xf32>, tensor<5xi32> -> tensor<?x?x8x64xf32>, tensor<5xi32>
  return %o, %counts : tensor<?x?x8x64xf32>, tensor<5xi32>
}

// Heads of different types: one kernel after the other, each for its heads, where any head takes it.
// CHECK-LABEL: func.func @each_head_its_own(
// EXPANDED-LABEL: func.func @each_head_its_own(
func.func @each_head_its_own(%q: tensor<?x?x8x64xf32>) -> (tensor<?x?x8x64xf32>, tensor<5xi32>) {
  %s = attn.dot_product %q, %q : tensor<?x?x8x64xf32>, tensor<?x?x8x64xf32>
  // CHECK: attn.adaptive_precision %{{.*}}, %{{.*}} default adaptive per_head : tensor<?x?x8x64xf32> -> tensor<?x?x8x64xf32>, tensor<5xi32>
  // EXPANDED: arith.cmpi eq
  // EXPANDED: -> tensor<8xi1>
  // EXPANDED: attn.masked %{{.*}} by %{{.*}} axes "h" : tensor<8xi1>
  // EXPANDED: %[[FIRST:.*]] = attn.softmax
  // EXPANDED: nn.choose
  // EXPANDED-NEXT: nn.yield %[[FIRST]]
  // EXPANDED: attn.masked %{{.*}} by %{{.*}} axes "h" : tensor<8xi1>
  // EXPANDED: nn.choose
  // EXPANDED: nn.choose
  // EXPANDED-NOT: nn.choose
  %o, %counts = attn.adaptive_precision %s, %q default adaptive per_head : tensor<?x?x8x64xf32> -> tensor<?x?x8x64xf32>, tensor<5xi32>
  return %o, %counts : tensor<?x?x8x64xf32>, tensor<5xi32>
}
