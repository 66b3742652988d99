// none: retention without gates that goes on where an earlier call ended; the output is not normalised.

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %U0: tensor<?x3x64x64xf32> {nn.dims = ["B", "3", "64", "64"], nn.name = "U0"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"},
        tensor<?x3x64x64xf32> {nn.dims = ["B", "3", "64", "64"], nn.name = "U"}) {
  %s0 = attn.retention %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.causal %s0
  %o, %U = attn.none %s1, %v state(%U0 : tensor<?x3x64x64xf32>) : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16> final tensor<?x3x64x64xf32>
  return %o, %U : tensor<?x?x9x64xbf16>, tensor<?x3x64x64xf32>
}
