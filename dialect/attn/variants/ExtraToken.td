//===- ExtraToken.td - one learned key and value that every query sees -*- tablegen -*-===//

def Attn_ExtraTokenOp : Attn_Layer<"extra_token"> {
  let summary = "one learned key and value that every query sees";
  let source = "torch.nn.MultiheadAttention, add_bias_kv";
  let description = [{
        o_i = (Σ_j e^s_ij v_j + e^x_i v_x) / (Σ_j e^s_ij + e^x_i),  x_i = scale · q_i · k_x

    and the log-sum-exp is the logarithm of the divisor, −∞ for a row that does not exist. The second partial result is that of the one token, merged with the first by log-sum-exps. The token is seen
    whatever masks say, no score change reaches it, and lengths do not count it. Scores are those of any chain that begins at
    attn.dot_product. The key is (Hk, d), the value (Hv, e), a row a head.

        %o = attn.extra_token %s1, %v key %kx value %vx : tensor<?x?x2x64xbf16>, !nn.weight<2x64>, !nn.weight<2x64> -> tensor<?x?x8x64xbf16>

    * (C1) the chain begins at attn.dot_product. (C2) H is a multiple of Hk and Hv, widths are the query's and the value's.
    * (C3) queries are (n, T, H, d), or (rows, H, d) at attn.packed; the output has their rows and heads, and the
      log-sum-exp, f32, is (n, T, H) or (rows, H).
  }];
  let arguments = (ins Attn_ScoresType:$scores, Attn_Data:$value, Attn_Learned:$tokenKey, Attn_Learned:$tokenValue,
                       Optional<Attn_SequencesType>:$sequences);
  let results = (outs AnyRankedTensor:$output, Optional<RankedTensorOf<[F32]>>:$lse);
  let assemblyFormat = [{
    $scores `,` $value `key` $tokenKey `value` $tokenValue (`in` $sequences^)? attr-dict `:` type($value) `,`
    qualified(type($tokenKey)) `,` qualified(type($tokenValue)) `->` type($output) (`lse` type($lse)^)?
  }];
  let hasVerifier = 1;
}
