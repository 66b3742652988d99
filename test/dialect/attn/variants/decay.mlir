// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.decay prints as it is read.

// CHECK-LABEL: func.func @fixed_and_data(
func.func @fixed_and_data(%q: tensor<?x?x9x64xbf16>, %k: tensor<?x?x3x64xbf16>, %fixed: tensor<3xf32>, %gates: tensor<?x?x3xf32>, %kept: !attn.cache<?x?x3x1xf32>) {
  %s0 = attn.retention %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  // CHECK: attn.decay %{{.*}} by %{{.*}} : tensor<3xf32>
  %s1 = attn.decay %s0 by %fixed : tensor<3xf32>
  // CHECK: attn.decay %{{.*}} by %{{.*}} : tensor<?x?x3xf32>
  %s2 = attn.decay %s0 by %gates : tensor<?x?x3xf32>
  // CHECK: attn.decay %{{.*}} by %{{.*}} : !attn.cache<?x?x3x1xf32>
  %s3 = attn.decay %s0 by %kept : !attn.cache<?x?x3x1xf32>
  return
}
