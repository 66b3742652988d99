// decay: gated linear attention; key j fades by the gates of the positions j + 1 … i.

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %gates: tensor<?x?x3xf32> {nn.dims = ["B", "T", "3"], nn.name = "gates"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.linear %q, %k feature "identity" : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.decay %s0 by %gates : tensor<?x?x3xf32>
  %s2 = attn.causal %s1
  %o = attn.none %s2, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
