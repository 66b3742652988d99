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

// A state that stays, and caches before it.
// CHECK-LABEL: func.func @kept(
func.func @kept(%q: tensor<?x?x9x64xbf16>, %kc: !attn.cache<?x?x3x64xbf16>, %vc: !attn.cache<?x?x3x64xbf16>, %U: !attn.state<?x3x2080x64xf32>,
                %u: !attn.state<?x3x2080xf32>, %lengths: tensor<?xi32>) -> tensor<?x?x9x64xbf16> {
  // CHECK: attn.length %{{.*}} : !attn.state<?x3x2080x64xf32> -> tensor<?xi32>
  %met = attn.length %U : !attn.state<?x3x2080x64xf32> -> tensor<?xi32>
  %start = attn.length %kc : !attn.cache<?x?x3x64xbf16> -> tensor<?xi32>
  %seq = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>
  %s0 = attn.power %q, %kc degree 2 : tensor<?x?x9x64xbf16>, !attn.cache<?x?x3x64xbf16>
  %s1 = attn.causal %s0
  // CHECK: attn.sum %{{.*}}, %{{.*}} state(%{{.*}}, %{{.*}} : !attn.state<?x3x2080x64xf32>, !attn.state<?x3x2080xf32>) switch_over 128 in %{{.*}} : !attn.cache<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  // GENERIC: attn.generic linear sum {{.*}} power 2 in %{{.*}} state(%{{.*}} : !attn.state<?x3x2080x64xf32>, !attn.state<?x3x2080xf32>) switch_over 128
  %o = attn.sum %s1, %vc state(%U, %u : !attn.state<?x3x2080x64xf32>, !attn.state<?x3x2080xf32>) switch_over 128 in %seq : !attn.cache<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
