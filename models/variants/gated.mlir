// gated: y = σ(x W_θᵀ) ⊙ concat_h o, o causal attention; a gate an element. Of 8 rows, W_θ has a gate a head.

func.func @main(%x: tensor<?x?x512xbf16> {nn.dims = ["B", "T", "512"], nn.name = "x"},
                %q: tensor<?x?x8x64xbf16> {nn.dims = ["B", "T", "8", "64"], nn.name = "q"},
                %k: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "k"},
                %v: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "v"})
    -> (tensor<?x?x512xbf16> {nn.dims = ["B", "T", "512"], nn.name = "y"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x8x64xbf16>, tensor<?x?x2x64xbf16>
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %v : tensor<?x?x2x64xbf16> -> tensor<?x?x8x64xbf16>
  %w = nn.weight "gate" : !nn.weight<512x512>
  %y = attn.gated %x, %o, %w : tensor<?x?x512xbf16>, tensor<?x?x8x64xbf16>, !nn.weight<512x512> -> tensor<?x?x512xbf16>
  return %y : tensor<?x?x512xbf16>
}
