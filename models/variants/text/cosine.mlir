// cosine: τ_h · cos(q_i, k_j), a bounded score whatever the norms. Norms are captured: |q| of query row t as (n, t, h),
// |k| of key j as (n, s, key head); the query's row is asked for, its position would be wrong in a call that continues
// a sequence. The source's scale is 1.

attn.variant @cosine summary "cosine similarity with a temperature" source "Liu et al., 2022, Swin V2, §3.2" score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %q_norms: tensor<?x?x?xf32>, %k_norms: tensor<?x?x?xf32>, %tau: tensor<?xf32>,
     %group: i32):
  %one = arith.constant 1 : i32
  %least = arith.constant 1.000000e-12 : f32
  %row = attn.row %n, %i
  %divisor = arith.maxsi %group, %one : i32
  %key_head = arith.divsi %h, %divisor : i32
  %q = attn.load %q_norms[%n, %row, %h] : tensor<?x?x?xf32> -> f32
  %k = attn.load %k_norms[%n, %j, %key_head] : tensor<?x?x?xf32> -> f32
  %norms = arith.mulf %q, %k : f32
  %safe = arith.maximumf %norms, %least : f32
  %temperature = attn.load %tau[%h] : tensor<?xf32> -> f32
  %cosine = arith.divf %s, %safe : f32
  %r = arith.mulf %cosine, %temperature : f32
  attn.yield %r : f32
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %q_norms: tensor<?x?x?xf32> {nn.dims = ["B", "T", "H"], nn.name = "q_norms"},
                %k_norms: tensor<?x?x?xf32> {nn.dims = ["B", "T", "Hk"], nn.name = "k_norms"},
                %tau: tensor<?xf32> {nn.dims = ["H"], nn.name = "tau"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %scale = arith.constant 1.000000e+00 : f32
  %group = arith.constant 3 : i32
  %s0 = attn.dot_product %q, %k scale %scale : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @cosine(%q_norms, %k_norms, %tau, %group) to %s0
      : tensor<?x?x?xf32>, tensor<?x?x?xf32>, tensor<?xf32>, i32
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
