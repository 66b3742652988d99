// neighborhood: the 2r + 1 keys around the query; at the ends of the sequence the window is moved inwards, not cut, so
// that every query sees as many: b ≤ j ≤ b + 2r with b = min(max(i − r, 0), max(S − 2r − 1, 0)).

attn.variant @neighborhood summary "a window of one size around each query, moved inwards at the ends"
source "Hassani et al., 2023, §3.1" mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %reach: i32):
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %count = attn.count keys[%n]
  %twice = arith.addi %reach, %reach : i32
  %size = arith.addi %twice, %one : i32
  %room = arith.subi %count, %size : i32
  %last = arith.maxsi %room, %zero : i32
  %around = arith.subi %i, %reach : i32
  %inside = arith.maxsi %around, %zero : i32
  %begin = arith.minsi %inside, %last : i32
  %end = arith.addi %begin, %twice : i32
  %late = arith.cmpi sge, %j, %begin : i32
  %early = arith.cmpi sle, %j, %end : i32
  %r = arith.andi %late, %early : i1
  attn.yield %r : i1
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %reach: i32 {nn.name = "reach"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @neighborhood(%reach) to %s0 : i32
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
