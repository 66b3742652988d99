// extra_token: causal attention whose rows all see one more key and value, which are learned.

func.func @main(%q: tensor<?x?x8x64xbf16> {nn.dims = ["B", "T", "8", "64"], nn.name = "q"},
                %k: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "k"},
                %v: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "v"})
    -> (tensor<?x?x8x64xbf16> {nn.dims = ["B", "T", "8", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x8x64xbf16>, tensor<?x?x2x64xbf16>
  %s1 = attn.causal %s0
  %kx = nn.weight "token_key" : !nn.weight<2x64>
  %vx = nn.weight "token_value" : !nn.weight<2x64>
  %o = attn.extra_token %s1, %v key %kx value %vx : tensor<?x?x2x64xbf16>, !nn.weight<2x64>, !nn.weight<2x64> -> tensor<?x?x8x64xbf16>
  return %o : tensor<?x?x8x64xbf16>
}
