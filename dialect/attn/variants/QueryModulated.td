//===- QueryModulated.td - the query gates what its head has attended to -*- tablegen -*-===//

def Attn_QueryModulatedOp : Attn_Layer<"query_modulated", [Pure, AllTypesMatch<["input", "output"]>]> {
  let summary = "the query gates what its head has attended to";
  let source = "defined here: the query-side reading of bilinear_modulated";
  let description = [{
        y_i = σ(q_i W_g) ⊙ o_i

    for each head, with a d × e matrix W_g of its own and no bias. The weight is (H·d, e): the matrices of the heads one
    below the other. The query is (n, T, H, d), or (rows, H, d) when packed, before any rotation; o is (n, T, H, e).

        %y = attn.query_modulated %q, %o, %w : tensor<?x?x8x64xbf16>, tensor<?x?x8x64xbf16>, !nn.weight<512x64>

    * (C1) query and output share rows and heads. (C2) the weight is (H·d, e).
  }];
  let arguments = (ins AnyRankedTensor:$query, AnyRankedTensor:$input, Attn_Learned:$weight);
  let results = (outs AnyRankedTensor:$output);
  let assemblyFormat =
      "$query `,` $input `,` $weight attr-dict `:` type($query) `,` type($input) `,` qualified(type($weight))";
  let hasVerifier = 1;
}
