// documents: j ≤ i where ids[n, i] = ids[n, j]: documents that share a row, told apart by a number for each position.
// Packed sequences (attn.packed) do the same without looking at a key of another document.

attn.variant @documents summary "positions meet where they belong to one document"
source "Dong et al., 2024, Flex Attention, §3" mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %ids: tensor<?x?xi32>):
  %a = attn.load %ids[%n, %i] : tensor<?x?xi32> -> i32
  %b = attn.load %ids[%n, %j] : tensor<?x?xi32> -> i32
  %same = arith.cmpi eq, %a, %b : i32
  %past = arith.cmpi sle, %j, %i : i32
  %r = arith.andi %same, %past : i1
  attn.yield %r : i1
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %ids: tensor<?x?xi32> {nn.dims = ["B", "T"], nn.name = "ids"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @documents(%ids) to %s0 : tensor<?x?xi32>
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
