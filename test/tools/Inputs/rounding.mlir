// Every rounding that a region may use, of f32, and values of f16.

attn.variant @rounded score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32):
  %a = math.floor %s : f32
  %b = math.ceil %s : f32
  %c = math.trunc %s : f32
  %d = math.roundeven %s : f32
  %e = arith.addf %a, %b : f32
  %f = arith.mulf %e, %c : f32
  %r = arith.addf %f, %d : f32
  attn.yield %r : f32
}

func.func @main(%q: tensor<?x?x1x8xf16> {nn.dims = ["B", "T", "1", "8"], nn.name = "q"},
                %k: tensor<?x?x1x8xf16> {nn.dims = ["B", "T", "1", "8"], nn.name = "k"},
                %v: tensor<?x?x1x8xf16> {nn.dims = ["B", "T", "1", "8"], nn.name = "v"})
    -> (tensor<?x?x1x8xf16> {nn.dims = ["B", "T", "1", "8"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x1x8xf16>, tensor<?x?x1x8xf16>
  %s1 = attn.apply @rounded() to %s0
  %o = attn.softmax %s1, %v : tensor<?x?x1x8xf16> -> tensor<?x?x1x8xf16>
  return %o : tensor<?x?x1x8xf16>
}
