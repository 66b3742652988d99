// RUN: attn-opt %s | attn-opt | FileCheck %s
// attn.latent prints as it is read.

// CHECK-LABEL: func.func @over_a_cache(
func.func @over_a_cache(%q: tensor<?x?x16x512xf32>, %c: !attn.cache<?x?x1x512xbf16>, %qr: tensor<?x?x16x64xf32>, %kr: !attn.cache<?x?x1x64xbf16>, %scale: f32) {
  // CHECK: attn.latent %{{.*}}, %{{.*}} plus %{{.*}}, %{{.*}} width 128 : tensor<?x?x16x512xf32>, !attn.cache<?x?x1x512xbf16>, tensor<?x?x16x64xf32>, !attn.cache<?x?x1x64xbf16>
  %s = attn.latent %q, %c plus %qr, %kr width 128 : tensor<?x?x16x512xf32>, !attn.cache<?x?x1x512xbf16>, tensor<?x?x16x64xf32>, !attn.cache<?x?x1x64xbf16>
  // CHECK: attn.latent %{{.*}} width 128 scale %{{.*}}
  %s1 = attn.latent %q, %c plus %qr, %kr width 128 scale %scale : tensor<?x?x16x512xf32>, !attn.cache<?x?x1x512xbf16>, tensor<?x?x16x64xf32>, !attn.cache<?x?x1x64xbf16>
  return
}

// CHECK-LABEL: func.func @example(
func.func @example(%qc: tensor<?x?x16x512xbf16>, %c: !attn.cache<?x?x1x512xbf16>, %qr: tensor<?x?x16x64xbf16>, %kr: !attn.cache<?x?x1x64xbf16>) -> tensor<?x?x16x512xf32> {
  %at = attn.padded start bottom_right
  // CHECK: attn.latent
  %s0 = attn.latent %qc, %c plus %qr, %kr width 128 : tensor<?x?x16x512xbf16>, !attn.cache<?x?x1x512xbf16>, tensor<?x?x16x64xbf16>, !attn.cache<?x?x1x64xbf16>
  // CHECK: attn.softmax
  %o = attn.softmax %s0, %c in %at : !attn.cache<?x?x1x512xbf16> -> tensor<?x?x16x512xf32>
  return %o : tensor<?x?x16x512xf32>
}
