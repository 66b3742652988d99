// alibi: s_ij = q_i · k_j / √64 − m_h · |i − j| where j ≤ i, with the slopes m_h generated from the number of heads.

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.alibi %s0
  %s2 = attn.causal %s1
  %o = attn.softmax %s2, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
