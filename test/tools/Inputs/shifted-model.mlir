// A language model whose function takes more than tokens and lengths: a vector for each sequence that is added to the last
// row, and a table whose length no other argument tells.
!tokens = tensor<?x?xi32>
!lengths = tensor<?xi32>
!rows = tensor<?x?x8xf32>
!row = tensor<?x8xf32>
!table = !nn.weight<100x8>

func.func @main(%tokens: !tokens {nn.dims = ["B", "T"], nn.name = "tokens"}, %lengths: !lengths {nn.dims = ["B"], nn.name = "lengths"},
                %shift: !row {nn.dims = ["B", "8"], nn.name = "shift"}, %others: tensor<?x3xf32> {nn.dims = ["S", "3"], nn.name = "others"})
    -> (tensor<?x100xf32> {nn.dims = ["B", "100"], nn.name = "logits"}, tensor<?x3xf32> {nn.dims = ["S", "3"], nn.name = "twice"})
    attributes {nn.task = #nn.lm<tokens = 0, lengths = 1, logits = 0>} {
  %table = nn.weight "table" : !table
  %rows = nn.embed %tokens, %table : !tokens, !table -> !rows
  %last = nn.pool last %rows lengths(%lengths : !lengths) : !rows -> !row
  %shifted = nn.add %last, %shift : !row
  %logits = nn.linear %shifted, %table : !row, !table -> tensor<?x100xf32>
  %twice = nn.add %others, %others : tensor<?x3xf32>
  return %logits, %twice : tensor<?x100xf32>, tensor<?x3xf32>
}
