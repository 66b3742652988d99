//===- Mixed.td - attention and a projection, mixed by a gate -*- tablegen -*-===//

def Attn_MixedOp : Attn_Layer<"mixed", [Pure, AllTypesMatch<["attended", "output"]>]> {
  let summary = "attention and a plain projection of its input, mixed by a gate";
  let source = "defined here; highway gates: Srivastava et al., 2015, §2";
  let description = [{
        y = g ⊙ a + (1 − g) ⊙ x W_pᵀ,  g = σ(x W_gᵀ + b)

    a is what the attention layer gives for x. A gate's weight of D' rows mixes each feature, one of a single row the
    whole vector.

        %y = attn.mixed %x, %a projection %p gate %g : tensor<?x?x512xbf16>, tensor<?x?x512xbf16>, !nn.weight<512x512>, !nn.weight<1x512>

    * (C1) x is (…, D), a (…, D') with its rows. (C2) the projection is (D', D), the gate (D', D) or (1, D), the bias
      has as many elements as the gate has rows.
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$attended, Attn_Learned:$projection, Attn_Learned:$gate,
                       Optional<Attn_Learned>:$bias);
  let results = (outs AnyRankedTensor:$output);
  let assemblyFormat = [{
    $input `,` $attended `projection` $projection `gate` $gate (`bias` $bias^ `:` qualified(type($bias)) `for`)?
    attr-dict
    `:` type($input) `,` type($attended) `,` qualified(type($projection)) `,` qualified(type($gate))
  }];
  let hasVerifier = 1;
}
