// Attention, which GPUs carry, and a linear layer, which they do not.
func.func @attend(%q: tensor<?x?x4x64xbf16> {nn.dims = ["B", "T", "4", "64"]}, %k: tensor<?x?x4x64xbf16> {nn.dims = ["B", "T", "4", "64"]}) -> (tensor<?x?x4x64xbf16> {nn.dims = ["B", "T", "4", "64"]}) {
  %s = attn.dot_product %q, %k : tensor<?x?x4x64xbf16>, tensor<?x?x4x64xbf16>
  %c = attn.causal %s
  %o = attn.softmax %c, %k : tensor<?x?x4x64xbf16> -> tensor<?x?x4x64xbf16>
  return %o : tensor<?x?x4x64xbf16>
}
func.func @project(%x: tensor<?x64xf32> {nn.dims = ["R", "64"]}) -> (tensor<?x64xf32> {nn.dims = ["R", "64"]}) {
  %w = nn.weight "w" : !nn.weight<64x64>
  %y = nn.linear %x, %w : tensor<?x64xf32>, !nn.weight<64x64> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
