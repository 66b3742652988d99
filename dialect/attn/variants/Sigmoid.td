//===- Sigmoid.td - each weight is a sigmoid of its own score -*- tablegen -*-===//

def Attn_SigmoidOp : Attn_Closing<"sigmoid", [AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "each weight is a sigmoid of its own score";
  let source = "Ramapuram et al., 2025, §2";
  let description = [{
        o_i = Σ_j σ(s_ij + b) v_j

    with b = −log S_n unless given, S_n the sequence's valid keys, not those that the mask admits. A cache's S_n grows
    from call to call, so that decoding token by token differs from one pass unless b is given.

        %o = attn.sigmoid %s0, %v in %at : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>
        %o1 = attn.sigmoid %s0, %v bias %b in %at : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>

    * (C1) H is a multiple of the value's heads. (C2) the output has the value's width.
  }];
  let arguments = (ins Attn_ScoresType:$scores, Attn_Data:$value, Optional<F32>:$bias,
                       Optional<Attn_SequencesType>:$sequences);
  let results = (outs AnyRankedTensor:$output);
  let assemblyFormat = [{
    $scores `,` $value (`bias` $bias^)? (`in` $sequences^)? attr-dict `:` type($value) `->` type($output)
  }];
  let hasVerifier = 1;
}
