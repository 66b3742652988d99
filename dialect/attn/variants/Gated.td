//===- Gated.td - the layer's input gates what all heads have attended to -*- tablegen -*-===//

def Attn_GatedOp : Attn_Layer<"gated", [Pure]> {
  let summary = "the layer's input gates what all heads have attended to";
  let source = "Qiu et al., 2025, §2";
  let description = [{
        y = σ(x W_θᵀ + b) ⊙ concat_h o

    the input of the output projection. x is the attention layer's input at the query's position, (…, D), o is
    (…, H, e), y is (…, H·e). A weight of H·e rows gates each element, one of H rows each head.

        %y = attn.gated %x, %o, %w : tensor<?x?x512xbf16>, tensor<?x?x8x64xbf16>, !nn.weight<512x512> -> tensor<?x?x512xbf16>

    * (C1) x and o share rows. (C2) the weight is (H·e, D) or (H, D), the bias has as many elements as it has rows.
    * (C3) y has the rows of o and H·e features.
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$heads, Attn_Learned:$weight,
                       Optional<Attn_Learned>:$bias);
  let results = (outs AnyRankedTensor:$output);
  let assemblyFormat = [{
    $input `,` $heads `,` $weight (`bias` $bias^ `:` qualified(type($bias)) `for`)? attr-dict `:` type($input) `,`
    type($heads) `,`
    qualified(type($weight)) `->` type($output)
  }];
  let hasVerifier = 1;
}
