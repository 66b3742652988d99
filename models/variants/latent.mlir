// latent: s_ij = (qc_i · c_j + qr_i · kr_j) / √(128 + 64) where j ≤ i, with one latent and one rotary key for all heads; the
// latents are the values, too.

func.func @main(%qc: tensor<?x?x8x64xbf16> {nn.dims = ["B", "T", "8", "64"], nn.name = "qc"},
                %c: tensor<?x?x1x64xbf16> {nn.dims = ["B", "T", "1", "64"], nn.name = "c"},
                %qr: tensor<?x?x8x64xbf16> {nn.dims = ["B", "T", "8", "64"], nn.name = "qr"},
                %kr: tensor<?x?x1x64xbf16> {nn.dims = ["B", "T", "1", "64"], nn.name = "kr"})
    -> (tensor<?x?x8x64xbf16> {nn.dims = ["B", "T", "8", "64"], nn.name = "o"}) {
  %s0 = attn.latent %qc, %c plus %qr, %kr width 128 : tensor<?x?x8x64xbf16>, tensor<?x?x1x64xbf16>, tensor<?x?x8x64xbf16>, tensor<?x?x1x64xbf16>
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %c : tensor<?x?x1x64xbf16> -> tensor<?x?x8x64xbf16>
  return %o : tensor<?x?x8x64xbf16>
}
