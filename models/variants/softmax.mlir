// softmax: o_i = Σ_j e^(s_ij − l_i) v_j with the log-sum-exp l_i = log Σ_j e^(s_ij), which is a result too.

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "S", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "S", "3", "64"], nn.name = "v"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"},
        tensor<?x?x9xf32> {nn.dims = ["B", "T", "9"], nn.name = "lse"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %o, %lse = attn.softmax %s0, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16> lse tensor<?x?x9xf32>
  return %o, %lse : tensor<?x?x9x64xbf16>, tensor<?x?x9xf32>
}
