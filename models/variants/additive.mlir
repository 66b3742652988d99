// additive: s_ij = Σ_f weights_f · tanh(q_i,f + k_j,f).

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %weights: tensor<64xf32> {nn.dims = ["64"], nn.name = "weights"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.additive %q, %k by %weights : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>, tensor<64xf32>
  %o = attn.softmax %s0, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
