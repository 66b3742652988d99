//===- None.td - weights are the scores themselves -*- tablegen -*-===//

def Attn_NoneOp : Attn_Closing<"none", [AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "weights are the scores themselves";
  let source = "Sun et al., 2023, §2.1";
  let description = [{
        o_i = Σ_j w_ij v_j

    without a normaliser: usually a norm of the output follows. With a state, keys of earlier calls count too, and the
    state after the last key is a result: U of attn.sum, which has no u beside it here. Handles
    and `switch_over` are those of attn.sum.

        %o, %U = attn.none %s1, %v state(%U0 : tensor<?x3x64x64xf32>) : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16> final tensor<?x3x64x64xf32>

    * (C1) H is a multiple of the value's heads. (C2) the output has the value's width.
    * (C3) a state is U alone, and so is what is left of it. (C4) `form` is as attn.sum's (C5).
    * (C5) `switch_over` is as attn.generic's (C14) has it.
  }];
  let arguments = (ins Attn_ScoresType:$scores, Attn_Data:$value, Variadic<Attn_StateData>:$state,
                       OptionalAttr<I64Attr>:$switchOver,
                       Optional<Attn_SequencesType>:$sequences, OptionalAttr<StrAttr>:$form);
  let results = (outs AnyRankedTensor:$output, Variadic<RankedTensorOf<[F32]>>:$final);
  let assemblyFormat = [{
    $scores `,` $value (`state` `(` $state^ `:` type($state) `)`)? (`switch_over` $switchOver^)?
    (`in` $sequences^)? (`form` $form^)?
    attr-dict `:` type($value) `->` type($output) (`final` type($final)^)?
  }];
  let hasVerifier = 1;
}
