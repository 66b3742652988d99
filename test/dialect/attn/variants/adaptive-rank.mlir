// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt %s --attn-expand-layers | FileCheck %s --check-prefix=EXPANDED
// attn.adaptive_rank prints as it is read, and leaves nothing of itself behind.

// CHECK-LABEL: func.func @half_of_the_features(
// EXPANDED-LABEL: func.func @half_of_the_features(
// EXPANDED-NOT: attn.adaptive_rank
func.func @half_of_the_features(%q: tensor<?x?x8x64xf32>, %k: tensor<?x?x2x64xf32>, %v: tensor<?x?x2x64xf32>) -> (tensor<?x?x8x64xf32>, tensor<9xi32>) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x8x64xf32>, tensor<?x?x2x64xf32>
  %s1 = attn.causal %s0
  %w = nn.weight "down" : !nn.weight<32x64>
  // CHECK: attn.adaptive_rank %{{.*}}, %{{.*}} down %{{.*}} by power ratio 5.000000e-01 threshold 0.899999976 : tensor<?x?x2x64xf32>, !nn.weight<32x64> -> tensor<?x?x8x64xf32>, tensor<9xi32>
  // EXPANDED: nn.choose %{{.*}} : tensor<1xi32>
  // EXPANDED: attn.dot_product %{{.*}} : tensor<?x?x8x64xf32>, tensor<?x?x2x64xf32>
  // The scale is that of the whole width.
  // EXPANDED: %[[SCALE:.*]] = arith.constant 1.250000e-01 : f32
  // EXPANDED: attn.dot_product %{{.*}} scale %[[SCALE]] : tensor<?x?x8x32xf32>, tensor<?x?x2x32xf32>
  %o, %counts = attn.adaptive_rank %s1, %v down %w by power ratio 5.000000e-01 threshold 9.000000e-01 : tensor<?x?x2x64xf32>, !nn.weight<32x64> -> tensor<?x?x8x64xf32>, tensor<9xi32>
  return %o, %counts : tensor<?x?x8x64xf32>, tensor<9xi32>
}

// The chain alone: no projection, no choice, so the same bits.
// CHECK-LABEL: func.func @the_whole_width(
// EXPANDED-LABEL: func.func @the_whole_width(
// EXPANDED-NOT: nn.linear
// EXPANDED-NOT: nn.choose
// EXPANDED: return
func.func @the_whole_width(%q: tensor<?x?x8x64xf32>) -> (tensor<?x?x8x64xf32>, tensor<9xi32>) {
  %s = attn.dot_product %q, %q : tensor<?x?x8x64xf32>, tensor<?x?x8x64xf32>
  %w = nn.weight "down" : !nn.weight<64x64>
  %o, %counts = attn.adaptive_rank %s, %q down %w by entropy ratio 1.0 threshold 0.95 : tensor<?x?x8x64xf32>, !nn.weight<64x64> -> tensor<?x?x8x64xf32>, tensor<9xi32>
  return %o, %counts : tensor<?x?x8x64xf32>, tensor<9xi32>
}

// Over caches one of projected keys stands beside that of the keys; the sample reads the first keys of the cache.
// CHECK-LABEL: func.func @over_caches(
// EXPANDED-LABEL: func.func @over_caches(
// EXPANDED-SAME: %{{.*}}: tensor<?x?x8x64xf32>, %[[K:.*]]: !attn.cache<?x?x2x64xf32>, %{{.*}}: !attn.cache<?x?x2x64xf32>, %[[LOW:.*]]: !attn.cache<?x?x2x32xf32>
func.func @over_caches(%q: tensor<?x?x8x64xf32>, %k: !attn.cache<?x?x2x64xf32>, %v: !attn.cache<?x?x2x64xf32>, %low: !attn.cache<?x?x2x32xf32>, %start: tensor<?xi32>) -> (tensor<?x?x8x64xf32>, tensor<9xi32>) {
  %w = nn.weight "down" : !nn.weight<32x64>
  %seq = attn.padded start %start : tensor<?xi32>
  %s = attn.dot_product %q, %k : tensor<?x?x8x64xf32>, !attn.cache<?x?x2x64xf32>
  // EXPANDED: attn.dot_product %{{.*}}, %[[K]] : tensor<?x64x2x64xf32>, !attn.cache<?x?x2x64xf32>
  // EXPANDED: attn.local
  // EXPANDED: attn.softmax %{{.*}}, %[[K]] in
  // CHECK: attn.adaptive_rank %{{.*}}, %{{.*}} down %{{.*}} low_keys %{{.*}} : !attn.cache<?x?x2x32xf32> by entropy ratio 5.000000e-01 threshold 0.949999988 per_head in %{{.*}} : !attn.cache<?x?x2x64xf32>, !nn.weight<32x64> -> tensor<?x?x8x64xf32>, tensor<9xi32>
  // EXPANDED: attn.dot_product %{{.*}}, %[[K]] : tensor<?x?x8x64xf32>, !attn.cache<?x?x2x64xf32>
  // EXPANDED: attn.dot_product %{{.*}}, %[[LOW]] scale %{{.*}} : tensor<?x?x8x32xf32>, !attn.cache<?x?x2x32xf32>
  %o, %counts = attn.adaptive_rank %s, %v down %w low_keys %low : !attn.cache<?x?x2x32xf32> by entropy ratio 5.000000e-01 threshold 9.500000e-01 per_head in %seq : !attn.cache<?x?x2x64xf32>, !nn.weight<32x64> -> tensor<?x?x8x64xf32>, tensor<9xi32>
  return %o, %counts : tensor<?x?x8x64xf32>, tensor<9xi32>
}
