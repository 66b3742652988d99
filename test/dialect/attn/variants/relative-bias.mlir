// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.relative_bias prints as it is read.

// CHECK-LABEL: func.func @from_a_table(
func.func @from_a_table(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %table: tensor<9x129xf32>) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.relative_bias %[[S]] from %{{.*}} : tensor<9x129xf32>
  %s1 = attn.relative_bias %s from %table : tensor<9x129xf32>
  return
}
