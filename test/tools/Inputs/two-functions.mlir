// Attention by itself, and a sum: a GPU carries the first function and not the second.
func.func @attend(%q: tensor<?x?x4x64xbf16> {nn.dims = ["B", "T", "4", "64"], nn.name = "q"},
                  %k: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "k"},
                  %v: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "v"})
    -> (tensor<?x?x4x64xbf16> {nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x4x64xbf16>, tensor<?x?x2x64xbf16>
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %v : tensor<?x?x2x64xbf16> -> tensor<?x?x4x64xbf16>
  return %o : tensor<?x?x4x64xbf16>
}
func.func @add(%x: tensor<?x8xf32> {nn.dims = ["R", "8"], nn.name = "x"},
               %y: tensor<?x8xf32> {nn.dims = ["R", "8"], nn.name = "y"}) -> (tensor<?x8xf32> {nn.name = "z"}) {
  %z = nn.add %x, %y : tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}
