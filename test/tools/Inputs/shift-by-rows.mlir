// A language model whose further argument is as long as the tokens of a call.
!tokens = tensor<?x?xi32>
!lengths = tensor<?xi32>
!rows = tensor<?x?x8xf32>
!row = tensor<?x8xf32>
!table = !nn.weight<100x8>

func.func @main(%tokens: !tokens {nn.dims = ["B", "T"], nn.name = "tokens"}, %lengths: !lengths {nn.dims = ["B"], nn.name = "lengths"},
                %shift: !rows {nn.dims = ["B", "T", "8"], nn.name = "shift"}) -> (tensor<?x100xf32> {nn.dims = ["B", "100"], nn.name = "logits"})
    attributes {nn.task = #nn.lm<tokens = 0, lengths = 1, logits = 0>} {
  %table = nn.weight "table" : !table
  %rows = nn.embed %tokens, %table : !tokens, !table -> !rows
  %shifted = nn.add %rows, %shift : !rows
  %last = nn.pool last %shifted lengths(%lengths : !lengths) : !rows -> !row
  %logits = nn.linear %last, %table : !row, !table -> tensor<?x100xf32>
  return %logits : tensor<?x100xf32>
}
