// rotary: features m and m + 32 of q and k are rotated by i · 10000^(−2m/64) first; then causal attention.

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %qr = attn.rotary %q halves base 1.000000e+04 : tensor<?x?x9x64xbf16>
  %kr = attn.rotary %k halves base 1.000000e+04 : tensor<?x?x3x64xbf16>
  %s0 = attn.dot_product %qr, %kr : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
