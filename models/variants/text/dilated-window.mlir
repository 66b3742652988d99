// dilated_window: |i − j| ≤ dilation · reach, and i − j a multiple of the dilation: 2 · reach + 1 keys with gaps.

attn.variant @dilated_window summary "a window around each query with gaps" source "Beltagy et al., 2020, §3.1" mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %reach: i32, %dilation: i32):
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %step = arith.maxsi %dilation, %one : i32
  %far = arith.muli %reach, %step : i32
  %first = arith.subi %i, %far : i32
  %last = arith.addi %i, %far : i32
  %late = arith.cmpi sge, %j, %first : i32
  %early = arith.cmpi sle, %j, %last : i32
  %distance = arith.subi %i, %j : i32
  %rest = arith.remsi %distance, %step : i32
  %aligned = arith.cmpi eq, %rest, %zero : i32
  %near = arith.andi %late, %early : i1
  %r = arith.andi %near, %aligned : i1
  attn.yield %r : i1
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %reach: i32 {nn.name = "reach"},
                %dilation: i32 {nn.name = "dilation"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @dilated_window(%reach, %dilation) to %s0 : i32, i32
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
