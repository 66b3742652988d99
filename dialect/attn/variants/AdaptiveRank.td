//===- AdaptiveRank.td - scores of fewer features, where a sample says that they do -*- tablegen -*-===//

def Attn_AdaptiveRankOp : Attn_Layer<"adaptive_rank", [AttrSizedOperandSegments]> {
  let summary = "attention over scores of fewer features, where a sample says that they do";
  let source = "defined here; low-rank scores: Wang et al., 2020, §4";
  let description = [{
        s_ij = (q_i W↓ᵀ) · (k_j W↓ᵀ) / √d      where the sample says so, else s_ij = q_i · k_j / √d

    with W↓ (t, d) of orthonormal rows, t = max(min_rank, ⌊d · ratio + 10⁻⁹⌋), at most d. Where t is d the scores are
    those of the whole width: exactly the chain alone. Then the rest of the chain, and values of full width.

    One decision a call: low rank where more than half of all heads of all sequences vote for it. With `per_head` one
    for each query head, by the votes of the sequences; heads of different rank are computed by one kernel after the
    other, each of which reads no key for heads that are not its own. A head's sample is its first 64 queries and the
    first 64 admitted keys (those that the sequence has, and that no mask of keys alone takes out), s without mask or
    score change:

        entropy: mean row entropy over log(number of keys) < threshold
        power:   σ₁ / largest σ₁ over the sequence's heads < threshold, σ₁ after three power iterations from ones
        random:  always

    Keys in a cache are not projected anew in every call: `low_keys` is a cache of k W↓ᵀ, products that an
    nn.generic gives and that the program appends as it appends the keys to theirs. Beside tensors it may be left out.

    Statistics count the calls, and for each head those at low rank; given those of earlier calls, they go on from them.

        %o, %counts = attn.adaptive_rank %s1, %v down %w by entropy ratio 5.000000e-01 threshold 9.500000e-01 : tensor<?x?x2x64xbf16>, !nn.weight<32x64> -> tensor<?x?x8x64xbf16>, tensor<9xi32>

    * (C1) the chain begins at attn.dot_product. (C2) W↓ is (t, d). (C3) the ratio is in (0, 1].
    * (C4) the estimate is entropy, power or random. (C5) queries are (n, T, H, d), or (rows, H, d) at attn.packed; over
      a cache the sequences say how many keys there are, and no mask hides keys from all queries.
    * (C6) statistics are 1 + H of i32, with a static H. (C7) `low_keys` has the keys' rows and heads, and width t;
      beside a cache it is needed.
  }];
  let arguments = (ins Attn_ScoresType:$scores, Attn_Data:$value, Attn_Learned:$down,
                       Optional<Attn_Data>:$lowKeys, StrAttr:$estimate, F64Attr:$ratio,
                       DefaultValuedAttr<I64Attr, "1">:$minRank, F32Attr:$threshold, UnitAttr:$perHead,
                       Optional<RankedTensorOf<[I32]>>:$previous, Optional<Attn_SequencesType>:$sequences);
  let results = (outs AnyRankedTensor:$output, RankedTensorOf<[I32]>:$statistics);
  let assemblyFormat = [{
    $scores `,` $value `down` $down (`low_keys` $lowKeys^ `:` type($lowKeys))? `by` custom<Word>($estimate)
    `ratio` $ratio (`at_least` $minRank^)? `threshold` $threshold (`per_head` $perHead^)? (`statistics` $previous^)?
    (`in` $sequences^)?
    attr-dict `:` type($value) `,` type($down) (`,` type($previous)^)?
    `->` type($output) `,` type($statistics)
  }];
  let hasVerifier = 1;
}
