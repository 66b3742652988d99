// sum: linear attention that goes on where an earlier call ended; (U, u) is the state of all keys so far.

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %U0: tensor<?x3x64x64xf32> {nn.dims = ["B", "3", "64", "64"], nn.name = "U0"},
                %u0: tensor<?x3x64xf32> {nn.dims = ["B", "3", "64"], nn.name = "u0"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"},
        tensor<?x3x64x64xf32> {nn.dims = ["B", "3", "64", "64"], nn.name = "U"},
        tensor<?x3x64xf32> {nn.dims = ["B", "3", "64"], nn.name = "u"}) {
  %s0 = attn.linear %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.causal %s0
  %o, %U, %u = attn.sum %s1, %v epsilon 1.0e-06 state(%U0, %u0 : tensor<?x3x64x64xf32>, tensor<?x3x64xf32>) : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16> final tensor<?x3x64x64xf32>, tensor<?x3x64xf32>
  return %o, %U, %u : tensor<?x?x9x64xbf16>, tensor<?x3x64x64xf32>, tensor<?x3x64xf32>
}
