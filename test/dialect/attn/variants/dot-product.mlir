// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.dot_product prints as it is read.

// CHECK-LABEL: func.func @grouped_heads(
func.func @grouped_heads(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  return
}

// CHECK-LABEL: func.func @a_given_scale_over_a_cache(
func.func @a_given_scale_over_a_cache(%q: tensor<?x?x9x64xf32>, %k: tensor<?x?x3x64xf32>, %c: !attn.cache<?x?x3x64xbf16>, %scale: f32) {
  // CHECK: %[[S:.*]] = attn.dot_product %{{.*}}, %{{.*}} : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  %s = attn.dot_product %q, %k : tensor<?x?x9x64xf32>, tensor<?x?x3x64xf32>
  // CHECK: attn.dot_product %{{.*}}, %{{.*}} scale %{{.*}} : tensor<?x?x9x64xf32>, !attn.cache<?x?x3x64xbf16>
  %s1 = attn.dot_product %q, %c scale %scale : tensor<?x?x9x64xf32>, !attn.cache<?x?x3x64xbf16>
  return
}
