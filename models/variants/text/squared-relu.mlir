// squared_relu: w_ij = φ(q_i) · φ(k_j) with φ(x) = max(x, 0)², divided by the row's sum. The source's scale is 1.

attn.variant @squared_relu summary "linear attention with squared rectified features"
source "Qin et al., 2022, §3" weights linear sum
features {
^bb0(%x: f32):
  %zero = arith.constant 0.000000e+00 : f32
  %positive = arith.maximumf %x, %zero : f32
  %r = arith.mulf %positive, %positive : f32
  attn.yield %r : f32
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %scale = arith.constant 1.000000e+00 : f32
  %s0 = attn.dot_product %q, %k scale %scale : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @squared_relu() to %s0
  %o = attn.sum %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
