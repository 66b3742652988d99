// log_n: s_ij · max(1, log(i + 1) / log(L)): queries that see more keys than the L of training are sharpened, so that
// the entropy of their weights stays. `scale` is 1 / log(L).

attn.variant @log_n summary "scores grow with the logarithm of how many keys a query sees"
source "Chiang and Cholak, 2022, §5.3" score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %scale: f32):
  %one = arith.constant 1 : i32
  %least = arith.constant 1.000000e+00 : f32
  %seen = arith.addi %i, %one : i32
  %positive = arith.maxsi %seen, %one : i32
  %count = arith.sitofp %positive : i32 to f32
  %log = math.log %count : f32
  %relative = arith.mulf %log, %scale : f32
  %sharpness = arith.maximumf %relative, %least : f32
  %r = arith.mulf %s, %sharpness : f32
  attn.yield %r : f32
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %scale: f32 {nn.name = "scale"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @log_n(%scale) to %s0 : f32
  %s2 = attn.causal %s1
  %o = attn.softmax %s2, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
