// strided: j ≤ i, and j is one of the last `stride` keys or stands a multiple of the stride before the query.

attn.variant @strided summary "the last keys, and every stride-th one before" source "Child et al., 2019, §4.3" mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %stride: i32):
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %step = arith.maxsi %stride, %one : i32
  %past = arith.cmpi sle, %j, %i : i32
  %before = arith.subi %i, %step : i32
  %recent = arith.cmpi sgt, %j, %before : i32
  %distance = arith.subi %i, %j : i32
  %rest = arith.remsi %distance, %step : i32
  %aligned = arith.cmpi eq, %rest, %zero : i32
  %either = arith.ori %recent, %aligned : i1
  %r = arith.andi %past, %either : i1
  attn.yield %r : i1
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %stride: i32 {nn.name = "stride"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @strided(%stride) to %s0 : i32
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
