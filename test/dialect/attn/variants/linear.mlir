// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt --attn-generalize %s | FileCheck %s --check-prefix=GENERIC
// attn.linear prints as it is read, and becomes a features region.

// CHECK-LABEL: func.func @feature_maps(
// GENERIC-LABEL: func.func @feature_maps(
func.func @feature_maps(%q: tensor<?x?x9x64xbf16>, %k: tensor<?x?x3x64xbf16>, %v: tensor<?x?x3x64xbf16>) -> (tensor<?x?x9x64xbf16>, tensor<?x?x9x64xbf16>) {
  // CHECK: attn.linear %{{.*}}, %{{.*}} : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s0 = attn.linear %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  // GENERIC: attn.generic linear sum {{.*}} scale %{{.*}} epsilon 9.99999997E-7 features
  // GENERIC: math.exp
  %o0 = attn.sum %s0, %v epsilon 1.0e-06 : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  // CHECK: attn.linear %{{.*}}, %{{.*}} feature "identity" : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.linear %q, %k feature "identity" : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  // GENERIC: attn.generic linear none
  // GENERIC-NOT: features
  %o1 = attn.none %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o0, %o1 : tensor<?x?x9x64xbf16>, tensor<?x?x9x64xbf16>
}
