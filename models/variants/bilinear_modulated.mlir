// bilinear_modulated: o_i = Σ_j softmax_j(s_ij) (σ(q_j W_g) ⊙ v_j) over j ≤ i, W_g a 64 × 64 matrix of each of 8 heads, q
// before its rotation.

func.func @main(%q: tensor<?x?x8x64xbf16> {nn.dims = ["B", "T", "8", "64"], nn.name = "q"},
                %k: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "k"},
                %v: tensor<?x?x2x64xbf16> {nn.dims = ["B", "T", "2", "64"], nn.name = "v"})
    -> (tensor<?x?x8x64xbf16> {nn.dims = ["B", "T", "8", "64"], nn.name = "o"}) {
  %w = nn.weight "gate" : !nn.weight<512x64>
  %m = attn.bilinear_modulated %q, %v, %w : tensor<?x?x8x64xbf16>, tensor<?x?x2x64xbf16>, !nn.weight<512x64> -> tensor<?x?x8x64xbf16>
  %qr = attn.rotary %q halves base 1.000000e+04 : tensor<?x?x8x64xbf16>
  %kr = attn.rotary %k halves base 1.000000e+04 : tensor<?x?x2x64xbf16>
  %s0 = attn.dot_product %qr, %kr : tensor<?x?x8x64xbf16>, tensor<?x?x2x64xbf16>
  %s1 = attn.causal %s0
  %o = attn.softmax %s1, %m : tensor<?x?x8x64xbf16> -> tensor<?x?x8x64xbf16>
  return %o : tensor<?x?x8x64xbf16>
}
