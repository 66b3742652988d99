// capped_distance: s_ij − m_h · c · tanh(|i − j| / c): near keys as in ALiBi, while no key is further away than c.

attn.variant @capped_distance summary "a slope on distances that a hyperbolic tangent bounds"
source "this project" score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %slopes: tensor<?xf32>, %cap: f32):
  %slope = attn.load %slopes[%h] : tensor<?xf32> -> f32
  %distance = arith.subi %i, %j : i32
  %d = arith.sitofp %distance : i32 to f32
  %a = math.absf %d : f32
  %x = arith.divf %a, %cap : f32
  %t = math.tanh %x : f32
  %bounded = arith.mulf %t, %cap : f32
  %penalty = arith.mulf %bounded, %slope : f32
  %r = arith.subf %s, %penalty : f32
  attn.yield %r : f32
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %slopes: tensor<?xf32> {nn.dims = ["H"], nn.name = "slopes"},
                %cap: f32 {nn.name = "cap"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @capped_distance(%slopes, %cap) to %s0 : tensor<?xf32>, f32
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
