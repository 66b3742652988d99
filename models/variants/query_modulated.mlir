// query_modulated: y_i = σ(q_i W_g) ⊙ o_i, o causal attention, W_g a 64 × 64 matrix of each of 8 heads.

func.func @main(%q: tensor<?x?x8x64xbf16> {nn.dims = ["B", "T", "8", "64"], nn.name = "q"},
                %k: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "k"},
                %v: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "v"})
    -> (tensor<?x?x8x64xbf16> {nn.dims = ["B", "T", "8", "64"], nn.name = "y"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x8x64xbf16>, tensor<?x?x2x64xbf16>
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %v : tensor<?x?x2x64xbf16> -> tensor<?x?x8x64xbf16>
  %w = nn.weight "gate" : !nn.weight<512x64>
  %y = attn.query_modulated %q, %o, %w : tensor<?x?x8x64xbf16>, tensor<?x?x8x64xbf16>, !nn.weight<512x64>
  return %y : tensor<?x?x8x64xbf16>
}
