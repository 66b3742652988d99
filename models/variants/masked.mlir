// masked: s_ij = q_i · k_j / √64 where mask[n, t, j] is true; t is the row of query i.

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "S", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "S", "3", "64"], nn.name = "v"},
                %mask: tensor<?x?x?xi1> {nn.dims = ["B", "T", "S"], nn.name = "mask"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.masked %s0 by %mask axes "n t s" : tensor<?x?x?xi1>
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
