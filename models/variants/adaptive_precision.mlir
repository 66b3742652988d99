// adaptive_precision: causal attention in f32, f16 or bf16, as a sample of its scores says. `before` holds the statistics of
// earlier calls, `counts` those with this one: calls, taken in f32, f16, bf16, repeated in f32.

func.func @main(%q: tensor<?x?x8x64xf32> {nn.dims = ["B", "T", "8", "64"], nn.name = "q"},
                %k: tensor<?x?x2x64xf32> {nn.dims = ["B", "T", "2", "64"], nn.name = "k"},
                %v: tensor<?x?x2x64xf32> {nn.dims = ["B", "T", "2", "64"], nn.name = "v"},
                %before: tensor<5xi32> {nn.dims = ["5"], nn.name = "before"})
    -> (tensor<?x?x8x64xf32> {nn.dims = ["B", "T", "8", "64"], nn.name = "o"}, tensor<5xi32> {nn.dims = ["5"], nn.name = "counts"}) {
  %s0 = attn.dot_product %q, %k : tensor<?x?x8x64xf32>, tensor<?x?x2x64xf32>
  %s1 = attn.causal %s0
  %o, %counts = attn.adaptive_precision %s1, %v default adaptive statistics %before : tensor<?x?x2x64xf32>, tensor<5xi32> -> tensor<?x?x8x64xf32>, tensor<5xi32>
  return %o, %counts : tensor<?x?x8x64xf32>, tensor<5xi32>
}
