//===- Softmax.td - weights are a softmax over the keys -*- tablegen -*-===//

def Attn_SoftmaxOp : Attn_Closing<"softmax", [DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "weights are a softmax over the keys";
  let source = "Milakov and Gimelshein, 2018, §3; Dao et al., 2022, §3.1";
  let description = [{
        o_i = Σ_j e^(s_ij − m_i) v_j / Σ_j e^(s_ij − m_i)

    computed online with a running maximum. A row without an admitted
    key gives 0 and log-sum-exp −∞. The value is (n, S, Hk, e), the output (n, T, H, e), log-sum-exp (n, T, H) f32.

        %o, %lse = attn.softmax %s0, %v : tensor<?x?x3x64xbf16> -> tensor<?x?x9x64xbf16> lse tensor<?x?x9xf32>

    * (C1) H is a multiple of the value's heads.
    * (C2) the output has the value's width.
  }];
  let arguments = (ins Attn_ScoresType:$scores, Attn_Data:$value, Optional<Attn_SequencesType>:$sequences);
  let results = (outs AnyRankedTensor:$output, Optional<RankedTensorOf<[F32]>>:$lse);
  let assemblyFormat = [{
    $scores `,` $value (`in` $sequences^)? attr-dict `:` type($value) `->` type($output) (`lse` type($lse)^)?
  }];
  let hasVerifier = 1;
}
