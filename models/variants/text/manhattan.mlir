// manhattan: s_ij = −scale · Σ_f |q_if − k_jf|: the nearer, the more alike; no product of queries and keys.

attn.variant @manhattan summary "scores are negated sums of absolute differences" source "Kim et al., 2021, §3.2" pair {
^bb0(%a: f32, %b: f32, %feature: i32):
  %d = arith.subf %a, %b : f32
  %absolute = math.absf %d : f32
  %r = arith.negf %absolute : f32
  attn.yield %r : f32
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @manhattan() to %s0
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
