// sandwich: s_ij + Σ_m cos(ω_m · (i − j) / ρ_h) over four frequencies: the inner product of two sinusoidal embeddings,
// with a ratio ρ for each head that stretches distances.

attn.variant @sandwich summary "the inner product of two sinusoidal embeddings as a bias"
source "Chi et al., 2023, §4" score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %frequencies: tensor<?xf32>, %ratios: tensor<?xf32>):
  %m0 = arith.constant 0 : i32
  %m1 = arith.constant 1 : i32
  %m2 = arith.constant 2 : i32
  %m3 = arith.constant 3 : i32
  %distance = arith.subi %i, %j : i32
  %d = arith.sitofp %distance : i32 to f32
  %ratio = attn.load %ratios[%h] : tensor<?xf32> -> f32
  %x = arith.divf %d, %ratio : f32
  %w0 = attn.load %frequencies[%m0] : tensor<?xf32> -> f32
  %w1 = attn.load %frequencies[%m1] : tensor<?xf32> -> f32
  %w2 = attn.load %frequencies[%m2] : tensor<?xf32> -> f32
  %w3 = attn.load %frequencies[%m3] : tensor<?xf32> -> f32
  %a0 = arith.mulf %x, %w0 : f32
  %a1 = arith.mulf %x, %w1 : f32
  %a2 = arith.mulf %x, %w2 : f32
  %a3 = arith.mulf %x, %w3 : f32
  %c0 = math.cos %a0 : f32
  %c1 = math.cos %a1 : f32
  %c2 = math.cos %a2 : f32
  %c3 = math.cos %a3 : f32
  %b0 = arith.addf %c0, %c1 : f32
  %b1 = arith.addf %c2, %c3 : f32
  %bias = arith.addf %b0, %b1 : f32
  %r = arith.addf %s, %bias : f32
  attn.yield %r : f32
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %frequencies: tensor<?xf32> {nn.dims = ["M"], nn.name = "frequencies"},
                %ratios: tensor<?xf32> {nn.dims = ["H"], nn.name = "ratios"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @sandwich(%frequencies, %ratios) to %s0 : tensor<?xf32>, tensor<?xf32>
  %s2 = attn.causal %s1
  %o = attn.softmax %s2, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
