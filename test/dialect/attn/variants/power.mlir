// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt --attn-generalize %s | FileCheck %s --check-prefix=GENERIC
// attn.power prints as it is read; its scale stands inside the power.

// CHECK-LABEL: func.func @degrees(
func.func @degrees(%q: tensor<?x?x9x64xbf16>, %k: tensor<?x?x3x64xbf16>, %v: tensor<?x?x3x64xbf16>, %scale: f32) -> tensor<?x?x9x64xbf16> {
  // CHECK: attn.power %{{.*}}, %{{.*}} degree 4 scale %{{.*}} : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  // GENERIC: attn.generic linear sum {{.*}} scale %{{.*}} power 4
  %s0 = attn.power %q, %k degree 4 scale %scale : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.causal %s0
  %at = attn.padded start bottom_right
  %o = attn.sum %s1, %v in %at : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
