// t5_bias: s_ij + table[bucket(j − i), h]. A bucket for each distance below 8, then 8 that grow with the logarithm up
// to 128, for keys before the query and as many for keys behind it: bucket(d) = (d > 0 ? 16 : 0) + (|d| < 8 ? |d| :
// min(15, 8 + ⌊8 · log(|d| / 8) / log(128 / 8)⌋)). The logarithm is that of d²/64 to the base 2, which an integer has
// exactly. T5 has no 1/√d: its scale is 1.

attn.variant @t5_bias summary "a learned bias for each bucket of distances" source "Raffel et al., 2020, §2.1" score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %table: tensor<?x?xf32>):
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c8 = arith.constant 8 : i32
  %c15 = arith.constant 15 : i32
  %c16 = arith.constant 16 : i32
  %c33 = arith.constant 33 : i32 // 31 − 6 + 8: ctlz(1) = 31, 64 = 2⁶, behind the 8 exact buckets
  %c128 = arith.constant 128 : i32
  %d = arith.subi %j, %i : i32
  %behind = arith.cmpi sgt, %d, %c0 : i32
  %first = arith.select %behind, %c16, %c0 : i32
  %distance = math.absi %d : i32
  %bounded = arith.minsi %distance, %c128 : i32
  %positive = arith.maxsi %bounded, %c1 : i32
  %square = arith.muli %positive, %positive : i32
  %zeros = math.ctlz %square : i32
  %log = arith.subi %c33, %zeros : i32
  %far = arith.minsi %log, %c15 : i32
  %near = arith.cmpi slt, %distance, %c8 : i32
  %within = arith.select %near, %distance, %far : i32
  %bucket = arith.addi %first, %within : i32
  %bias = attn.load %table[%bucket, %h] : tensor<?x?xf32> -> f32
  %r = arith.addf %s, %bias : f32
  attn.yield %r : f32
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %table: tensor<?x?xf32> {nn.dims = ["buckets", "H"], nn.name = "table"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %scale = arith.constant 1.000000e+00 : f32
  %s0 = attn.dot_product %q, %k scale %scale : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @t5_bias(%table) to %s0 : tensor<?x?xf32>
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
