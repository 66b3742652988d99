// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.qk_norm prints as it is read.

// CHECK-LABEL: func.func @gains(
func.func @gains(%q: tensor<?x?x9x64xbf16>, %k: tensor<?x3x64xf32>) {
  %g = nn.weight "g" : !nn.weight<64>
  // CHECK: attn.qk_norm %{{.*}}, %{{.*}} : tensor<?x?x9x64xbf16>, !nn.weight<64>
  %q1 = attn.qk_norm %q, %g : tensor<?x?x9x64xbf16>, !nn.weight<64>
  %h = nn.weight "h" : !nn.weight<3x64>
  // CHECK: attn.qk_norm %{{.*}}, %{{.*}} epsilon 5.000000e-01 : tensor<?x3x64xf32>, !nn.weight<3x64>
  %k1 = attn.qk_norm %k, %h epsilon 0.5 : tensor<?x3x64xf32>, !nn.weight<3x64>
  return
}

// CHECK-LABEL: func.func @example(
func.func @example(%q: tensor<?x?x9x64xbf16>) -> tensor<?x?x9x64xbf16> {
  %gain = nn.weight "gain" : !nn.weight<64>
  // CHECK: attn.qk_norm
  %q1 = attn.qk_norm %q, %gain epsilon 1.0e-06 : tensor<?x?x9x64xbf16>, !nn.weight<64>
  return %q1 : tensor<?x?x9x64xbf16>
}
