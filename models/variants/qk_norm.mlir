// qk_norm: the 64 features of each head of q and k are divided by their root mean square and scaled; then causal attention.

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %gq = nn.weight "q_norm" : !nn.weight<64>
  %gk = nn.weight "k_norm" : !nn.weight<64>
  %qn = attn.qk_norm %q, %gq : tensor<?x?x9x64xbf16>, !nn.weight<64>
  %kn = attn.qk_norm %k, %gk : tensor<?x?x3x64xbf16>, !nn.weight<64>
  %s0 = attn.dot_product %qn, %kn : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
