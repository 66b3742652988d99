// prefix_window: j < prefix[n], or j ≤ i and i − window < j: a prompt that stays in sight, and the recent past.

attn.variant @prefix_window summary "a prefix of each sequence and a sliding window"
source "Raffel et al., 2020, §3.2.1; Beltagy et al., 2020, §3.1" mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %prefix: tensor<?xi32>, %window: i32):
  %end = attn.load %prefix[%n] : tensor<?xi32> -> i32
  %before = arith.subi %i, %window : i32
  %recent = arith.cmpi sgt, %j, %before : i32
  %past = arith.cmpi sle, %j, %i : i32
  %inWindow = arith.andi %recent, %past : i1
  %inPrefix = arith.cmpi slt, %j, %end : i32
  %r = arith.ori %inPrefix, %inWindow : i1
  attn.yield %r : i1
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %prefix: tensor<?xi32> {nn.dims = ["B"], nn.name = "prefix"},
                %window: i32 {nn.name = "window"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @prefix_window(%prefix, %window) to %s0 : tensor<?xi32>, i32
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
