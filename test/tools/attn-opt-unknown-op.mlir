// RUN: not attn-opt %s --emit=artifact -o %t 2>&1 | FileCheck %s --implicit-check-not=error:
// A name that no op has is answered by the nearest of its dialect.

func.func @misspelt(%q: tensor<2x7x4x16xf32>) {
  // CHECK: :[[#@LINE+2]]:{{.*}}: error: custom op 'attn.dot_prodct' is unknown
  // CHECK: note: did you mean 'attn.dot_product'?
  %s = attn.dot_prodct %q, %q : tensor<2x7x4x16xf32>, tensor<2x7x4x16xf32>
  return
}
