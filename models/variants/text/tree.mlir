// tree: queries are the nodes of a tree of guesses behind context[n] keys that all of them see; a node sees itself and
// its ancestors. ancestors[n, t, u] says whether node u is node t or one of its ancestors.

attn.variant @tree summary "guesses in a tree see the context and their ancestors"
source "Miao et al., 2024, SpecInfer, §4.2"
mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %context: tensor<?xi32>, %ancestors: tensor<?x?x?xi1>):
  %end = attn.load %context[%n] : tensor<?xi32> -> i32
  %row = attn.row %n, %i
  %node = arith.subi %j, %end : i32
  %isAncestor = attn.load %ancestors[%n, %row, %node] : tensor<?x?x?xi1> -> i1
  %known = arith.cmpi slt, %j, %end : i32
  %r = arith.ori %known, %isAncestor : i1
  attn.yield %r : i1
}

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "S", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "S", "3", "64"], nn.name = "v"},
                %context: tensor<?xi32> {nn.dims = ["B"], nn.name = "context"},
                %ancestors: tensor<?x?x?xi1> {nn.dims = ["B", "T", "U"], nn.name = "ancestors"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %rows = attn.padded start bottom_right
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.apply @tree(%context, %ancestors) to %s0 : tensor<?xi32>, tensor<?x?x?xi1>
  %o = attn.softmax %s1, %v in %rows : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
