func.func @main(%q: tensor<?x?x2x80xbf16> {nn.dims = ["B", "T", "2", "80"], nn.name = "q"},
                %k: tensor<?x?x2x80xbf16> {nn.dims = ["B", "T", "2", "80"], nn.name = "k"},
                %v: tensor<?x?x2x80xbf16> {nn.dims = ["B", "T", "2", "80"], nn.name = "v"})
    -> (tensor<?x?x2x80xbf16> {nn.name = "o"}) {
  %s = attn.dot_product %q, %k : tensor<?x?x2x80xbf16>, tensor<?x?x2x80xbf16>
  %o = attn.softmax %s, %v : tensor<?x?x2x80xbf16> -> tensor<?x?x2x80xbf16>
  return %o : tensor<?x?x2x80xbf16>
}
