// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.retention prints as it is read.

// CHECK-LABEL: func.func @with_a_scale(
func.func @with_a_scale(%q: tensor<?x?x9x64xbf16>, %k: tensor<?x?x3x64xbf16>, %scale: f32) {
  // CHECK: attn.retention %{{.*}}, %{{.*}} scale %{{.*}} : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s0 = attn.retention %q, %k scale %scale : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  return
}
