// apply: a variant written as text: s_ij − slope · log(1 + |i − j|) where j ≤ i and j is in the last `window`
// keys or one of the first four, which stay in sight (the sinks of streaming models).

attn.variant @streaming score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %slope: f32, %window: i32):
  %one = arith.constant 1.000000e+00 : f32
  %d = arith.subi %i, %j : i32
  %f = arith.sitofp %d : i32 to f32
  %a = math.absf %f : f32
  %b = arith.addf %a, %one : f32
  %l = math.log %b : f32
  %x = arith.mulf %slope, %l : f32
  %r = arith.subf %s, %x : f32
  attn.yield %r : f32
} mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %slope: f32, %window: i32):
  %four = arith.constant 4 : i32
  %causal = arith.cmpi sle, %j, %i : i32
  %before = arith.subi %i, %window : i32
  %recent = arith.cmpi sgt, %j, %before : i32
  %first = arith.cmpi slt, %j, %four : i32
  %seen = arith.ori %recent, %first : i1
  %r = arith.andi %causal, %seen : i1
  attn.yield %r : i1
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %slope: f32 {nn.name = "slope"},
                %window: i32 {nn.name = "window"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @streaming(%slope, %window) to %s0 : f32, i32
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
