// global_local: s_ij = q_i · k_j / √64 where |i − j| ≤ ⌊window / 2⌋, or one of the two tokens is global.

func.func @main(%q: tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "q"},
                %k: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "k"},
                %v: tensor<?x?x3x64xbf16> {nn.dims = ["B", "T", "3", "64"], nn.name = "v"},
                %window: i32 {nn.name = "window"},
                %global_queries: tensor<?x?xi1> {nn.dims = ["B", "T"], nn.name = "global_queries"},
                %global_keys: tensor<?x?xi1> {nn.dims = ["B", "T"], nn.name = "global_keys"})
    -> (tensor<?x?x9x64xbf16> {nn.dims = ["B", "T", "9", "64"], nn.name = "o"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>
  %s1 = attn.global_local %s0 window %window queries %global_queries keys %global_keys : tensor<?x?xi1>, tensor<?x?xi1>
  %o = attn.softmax %s1, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
  return %o : tensor<?x?x9x64xbf16>
}
