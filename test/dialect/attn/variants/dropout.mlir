// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.dropout prints as it is read.

// CHECK-LABEL: func.func @a_tenth(
func.func @a_tenth(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %v: tensor<?x?x3x64xf32>, %p: f32, %seed: i64) {
  // CHECK: %[[S:.*]] = attn.dot_product
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.dropout %[[S]] p %{{.*}} seed %{{.*}}
  %s1 = attn.dropout %s p %p seed %seed
  return
}
