// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.prefix prints as it is read.

// CHECK-LABEL: func.func @one_a_sequence(
func.func @one_a_sequence(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %prefix: tensor<?xi32>) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.prefix %[[S]] lengths %{{.*}} : tensor<?xi32>
  %s1 = attn.prefix %s lengths %prefix : tensor<?xi32>
  return
}
