//===- ExtraToken.td - one learned key and value that every query sees -*- tablegen -*-===//

def Attn_ExtraTokenOp : Attn_Layer<"extra_token", [AttrSizedResultSegments]> {
  let summary = "one learned key and value that every query sees";
  let source = "torch.nn.MultiheadAttention, add_bias_kv";
  let description = [{
        o_i = (Σ_j e^s_ij v_j + e^x_i v_x) / (Σ_j e^s_ij + e^x_i),  x_i = scale · q_i · k_x

    and the log-sum-exp is the logarithm of the divisor, −∞ for a row that does not exist. The second partial result is
    that of the one token, merged with the first by log-sum-exps. The token is seen whatever masks say, no score change
    reaches it, and lengths do not count it. Scores are those of any chain that begins at attn.dot_product. The key is
    (Hk, d), the value (Hv, e), a row a head.

    With `weights` there are two results more: what each head's values are multiplied by, (n, H, T, S), and, in place of
    a column S + 1, what the token's value is multiplied by, (n, T, H), both f32; a row's sum over both is 1.

        %o = attn.extra_token %s1, %v key %kx value %vx : tensor<?x?x2x64xbf16>, !nn.weight<2x64>, !nn.weight<2x64> -> tensor<?x?x8x64xbf16>

    * (C1) the chain begins at attn.dot_product. (C2) H is a multiple of Hk and Hv, widths are the query's and the
      value's.
    * (C3) queries are (n, T, H, d), or (rows, H, d) at attn.packed; the output has their rows and heads, and the
      log-sum-exp, f32, is (n, T, H) or (rows, H).
    * (C4) weights go with padded queries and are (n, H, T, S); those of the token are (n, T, H).
  }];
  let arguments = (ins Attn_ScoresType:$scores, Attn_Data:$value, Attn_Learned:$tokenKey, Attn_Learned:$tokenValue,
                       Optional<Attn_SequencesType>:$sequences);
  let results = (outs AnyRankedTensor:$output, Optional<RankedTensorOf<[F32]>>:$lse,
                      Optional<RankedTensorOf<[F32]>>:$weights, Optional<RankedTensorOf<[F32]>>:$tokenWeights);
  let assemblyFormat = [{
    $scores `,` $value `key` $tokenKey `value` $tokenValue (`in` $sequences^)? attr-dict `:` type($value) `,`
    qualified(type($tokenKey)) `,` qualified(type($tokenValue)) `->` type($output) (`lse` type($lse)^)?
    (`weights` type($weights)^ `token` type($tokenWeights))?
  }];
  let hasVerifier = 1;
}
