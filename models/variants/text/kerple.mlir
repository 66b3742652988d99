// kerple: s_ij − a_h · log(1 + b_h · |i − j|), a and b learned and positive: a bias that falls with the logarithm of
// distance.

attn.variant @kerple summary "a learned logarithmic penalty on distance" source "Chi et al., 2022, §4.2" score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %a: tensor<?xf32>, %b: tensor<?xf32>):
  %one = arith.constant 1.000000e+00 : f32
  %height = attn.load %a[%h] : tensor<?xf32> -> f32
  %rate = attn.load %b[%h] : tensor<?xf32> -> f32
  %distance = arith.subi %i, %j : i32
  %d = arith.sitofp %distance : i32 to f32
  %absolute = math.absf %d : f32
  %x = arith.mulf %rate, %absolute : f32
  %y = arith.addf %x, %one : f32
  %log = math.log %y : f32
  %penalty = arith.mulf %height, %log : f32
  %r = arith.subf %s, %penalty : f32
  attn.yield %r : f32
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %a: tensor<?xf32> {nn.dims = ["H"], nn.name = "a"},
                %b: tensor<?xf32> {nn.dims = ["H"], nn.name = "b"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @kerple(%a, %b) to %s0 : tensor<?xf32>, tensor<?xf32>
  %s2 = attn.causal %s1
  %o = attn.softmax %s2, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
