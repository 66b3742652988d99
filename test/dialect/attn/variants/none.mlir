// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.none prints as it is read.

// CHECK-LABEL: func.func @leaving_a_state(
func.func @leaving_a_state(%q: tensor<?x?x9x64xbf16>, %k: tensor<?x?x3x64xbf16>, %v: tensor<?x?x3x64xbf16>) {
  %s = attn.retention %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  // CHECK: attn.none %{{.*}}, %{{.*}} form "recurrent" : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16> final tensor<?x3x64x64xf32>
  %o, %U = attn.none %s, %v form "recurrent" : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16> final tensor<?x3x64x64xf32>
  return
}
