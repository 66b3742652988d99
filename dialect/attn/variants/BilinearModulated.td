//===- BilinearModulated.td - a token's query gates its own value -*- tablegen -*-===//

def Attn_BilinearModulatedOp : Attn_Layer<"bilinear_modulated", [Pure]> {
  let summary = "a token's query gates its own value, before attention";
  let source = "defined here: bilinearly modulated attention (BMA)";
  let description = [{
        ṽ_j = σ(q_j W_g) ⊙ v_j

    for each query head, with a d × e matrix W_g of its own and no bias: attention then takes ṽ for v, and a cache holds
    it. The query is that of the key's position, before any rotation; value head ⌊h/(H/Hk)⌋ serves query head h, so that
    ṽ has H heads. The weight is (H·d, e): the matrices of the heads one below the other.

        %m = attn.bilinear_modulated %q, %v, %w : tensor<?x?x8x64xbf16>, tensor<?x?x2x64xbf16>, !nn.weight<512x64> -> tensor<?x?x8x64xbf16>

    * (C1) query and value have the same positions: self-attention, since cross-attention has no query at key positions.
    * (C2) H is a multiple of Hk. (C3) the weight is (H·d, e), the result has the query's rows and heads and width e.
  }];
  let arguments = (ins AnyRankedTensor:$query, AnyRankedTensor:$value, Attn_Learned:$weight);
  let results = (outs AnyRankedTensor:$output);
  let assemblyFormat = [{
    $query `,` $value `,` $weight attr-dict `:` type($query) `,` type($value) `,` qualified(type($weight)) `->`
    type($output)
  }];
  let hasVerifier = 1;
}
