// block_diffusion: a sequence holds the noised tokens 0 … L−1 and behind them the clean ones, both in blocks of c.
// Noised queries see their own block and the clean blocks before it; clean queries see the clean blocks up to their
// own.

attn.variant @block_diffusion summary "blocks of noised tokens see themselves and the clean blocks before them"
source "Arriola et al., 2025, §3.2" mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %length: i32, %size: i32):
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %c = arith.maxsi %size, %one : i32
  %cleanQuery = arith.cmpi sge, %i, %length : i32
  %cleanKey = arith.cmpi sge, %j, %length : i32
  %beforeQuery = arith.select %cleanQuery, %length, %zero : i32
  %beforeKey = arith.select %cleanKey, %length, %zero : i32
  %query = arith.subi %i, %beforeQuery : i32
  %key = arith.subi %j, %beforeKey : i32
  %blockOfQuery = arith.floordivsi %query, %c : i32
  %blockOfKey = arith.floordivsi %key, %c : i32
  %same = arith.cmpi eq, %blockOfQuery, %blockOfKey : i32
  %earlier = arith.cmpi slt, %blockOfKey, %blockOfQuery : i32
  // A key of the own block is seen by queries of its own kind; earlier blocks are seen where they are clean.
  %ofOneKind = arith.cmpi eq, %cleanQuery, %cleanKey : i1
  %own = arith.andi %same, %ofOneKind : i1
  %past = arith.andi %earlier, %cleanKey : i1
  %r = arith.ori %own, %past : i1
  attn.yield %r : i1
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %length: i32 {nn.name = "length"},
                %size: i32 {nn.name = "size"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @block_diffusion(%length, %size) to %s0 : i32, i32
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
