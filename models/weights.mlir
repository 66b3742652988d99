// Attention weights: a_ij = e^(s_ij − l_i), what o_i = Σ_j a_ij v_j multiplies values by: of each head, (n, H, T, S), and their mean over heads, (n, T, S).
// Asked for alone, attention itself is not run.

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"},
        tensor<?x9x?x?xf32> {nn.dims = ["B", "9", "T", "T"], nn.name = "a"},
        tensor<?x?x?xf32> {nn.dims = ["B", "T", "T"], nn.name = "mean"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  %a = attn.weights of %o : tensor<?x?x9x64xbf16> -> tensor<?x9x?x?xf32>
  %mean = attn.weights mean of %o : tensor<?x?x9x64xbf16> -> tensor<?x?x?xf32>
  return %o, %a, %mean : tensor<?x?x9x64xbf16>, tensor<?x9x?x?xf32>, tensor<?x?x?xf32>
}
