func.func @main(%q: tensor<?x?x1x64xf32> {nn.dims = ["B", "T", "1", "64"], nn.name = "q"},
                %k: tensor<?x?x1x64xf32> {nn.dims = ["B", "T", "1", "64"], nn.name = "k"},
                %v: tensor<?x?x1x64xf32> {nn.dims = ["B", "T", "1", "64"], nn.name = "v"})
    -> (tensor<?x?x1x64xf32> {nn.dims = ["B", "T", "1", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x1x64xf32>, tensor<?x?x1x64xf32>
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %v : tensor<?x?x1x64xf32> -> tensor<?x?x1x64xf32>
  return %o : tensor<?x?x1x64xf32>
}
