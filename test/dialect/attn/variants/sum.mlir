// RUN: attn-opt %s | attn-opt | FileCheck %s
// RUN: attn-opt --attn-generalize %s | FileCheck %s --check-prefix=GENERIC
// attn.sum prints as it is read; its state and form reach the generic form.

// CHECK-LABEL: func.func @with_a_state(
func.func @with_a_state(%q: tensor<?x?x9x64xbf16>, %k: tensor<?x?x3x64xbf16>, %v: tensor<?x?x3x64xbf16>, %U0: tensor<?x3x64x64xf32>, %u0: tensor<?x3x64xf32>)
    -> (tensor<?x?x9x64xbf16>, tensor<?x3x64x64xf32>, tensor<?x3x64xf32>) {
  %s = attn.linear %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  // CHECK: attn.sum %{{.*}}, %{{.*}} epsilon {{.*}} state(%{{.*}}, %{{.*}} : tensor<?x3x64x64xf32>, tensor<?x3x64xf32>) form "chunked" : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16> final tensor<?x3x64x64xf32>, tensor<?x3x64xf32>
  // GENERIC: attn.generic linear sum
  // GENERIC: form = "chunked"
  // GENERIC-SAME: final tensor<?x3x64x64xf32>, tensor<?x3x64xf32>
  %o, %U, %u = attn.sum %s, %v epsilon 1.0e-06 state(%U0, %u0 : tensor<?x3x64x64xf32>, tensor<?x3x64xf32>) form "chunked"
      : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16> final tensor<?x3x64x64xf32>, tensor<?x3x64xf32>
  return %o, %U, %u : tensor<?x?x9x64xbf16>, tensor<?x3x64x64xf32>, tensor<?x3x64xf32>
}
