// mixed: y = g · a + (1 − g) · x W_pᵀ, g = σ(x W_gᵀ) one number a token, a what causal attention gives for x.

func.func @main(%x: tensor<?x?x512xbf16> {nn.dims = ["B", "T", "512"], nn.name = "x"},
                %q: tensor<?x?x8x64xbf16> {nn.dims = ["B", "T", "8", "64"], nn.name = "q"},
                %k: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "k"},
                %v: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "v"})
    -> (tensor<?x?x512xbf16> {nn.dims = ["B", "T", "512"], nn.name = "y"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x8x64xbf16>, tensor<?x?x2x64xbf16>
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %v : tensor<?x?x2x64xbf16> -> tensor<?x?x8x64xbf16>
  %a = nn.merge_heads %o : tensor<?x?x8x64xbf16> -> tensor<?x?x512xbf16>
  %p = nn.weight "projection" : !nn.weight<512x512>
  %g = nn.weight "gate" : !nn.weight<1x512>
  %y = attn.mixed %x, %a projection %p gate %g : tensor<?x?x512xbf16>, tensor<?x?x512xbf16>, !nn.weight<512x512>, !nn.weight<1x512>
  return %y : tensor<?x?x512xbf16>
}
