//===- Relu.td - weights are rectified scores -*- tablegen -*-===//

def Attn_ReluOp : Attn_Closing<"relu", [DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "weights are rectified scores, squared where power is 2";
  let source = "Wortsman et al., 2023, §2; squared as in So et al., 2021, §4.1";
  let description = [{
        o_i = Σ_j max(s_ij, 0)^p v_j / S_n,  p = 1 or 2 (1 unless given)

    with S_n the sequence's valid keys, not those that the mask admits: decoding token by token over a cache, whose S_n
    grows, differs from one pass.

        %o = attn.relu %s0, %v power 2 in %at : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16>

    * (C1) H is a multiple of the value's heads. (C2) the output has the value's width. (C3) p is 1 or 2.
  }];
  let arguments = (ins Attn_ScoresType:$scores, Attn_Data:$value, DefaultValuedAttr<I64Attr, "1">:$power,
                       Optional<Attn_SequencesType>:$sequences);
  let results = (outs AnyRankedTensor:$output);
  let assemblyFormat = [{
    $scores `,` $value (`power` $power^)? (`in` $sequences^)? attr-dict `:` type($value) `->` type($output)
  }];
  let hasVerifier = 1;
}
