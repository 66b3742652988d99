// tanh_weights: w_ij = tanh(c · s_ij), neither positive nor normalised: o_i = Σ_j w_ij v_j. The declared weights say
// that attn.none closes the chain.

attn.variant @tanh_weights summary "weights are hyperbolic tangents, not normalised" source "Ramapuram et al., 2024, §2"
weights linear none score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %c: f32):
  %x = arith.mulf %s, %c : f32
  %r = math.tanh %x : f32
  attn.yield %r : f32
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %c: f32 {nn.name = "c"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @tanh_weights(%c) to %s0 : f32
  %o = attn.none %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
