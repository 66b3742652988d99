// adaptive_rank: causal attention over scores of 32 of 64 features, where the entropy of a sample is below 0.95 of its bound
// in most heads. `counts`: calls, and for each head those at low rank.

func.func @main(%q: tensor<?x?x8x64xbf16> {nn.dims = ["B", "T", "8", "64"], nn.name = "q"},
                %k: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "k"},
                %v: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "v"})
    -> (tensor<?x?x8x64xbf16> {nn.dims = ["B", "T", "8", "64"], nn.name = "o"}, tensor<9xi32> {nn.dims = ["9"], nn.name = "counts"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x8x64xbf16>, tensor<?x?x2x64xbf16>
  %s1 = attn.causal %s0
  %w = nn.weight "down" : !nn.weight<32x64>
  %o, %counts = attn.adaptive_rank %s1, %v down %w by entropy ratio 5.000000e-01 threshold 9.500000e-01 : tensor<?x?x2x64xbf16>, !nn.weight<32x64> -> tensor<?x?x8x64xbf16>, tensor<9xi32>
  return %o, %counts : tensor<?x?x8x64xbf16>, tensor<9xi32>
}
