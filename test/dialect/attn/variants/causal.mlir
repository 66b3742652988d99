// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.causal prints as it is read.

// CHECK-LABEL: func.func @over_scores(
func.func @over_scores(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.causal %[[S]]{{$}}
  %s1 = attn.causal %s
  return
}
