//===- AdaptivePrecision.td - the type of queries, keys and values is chosen at run time -*- tablegen -*-===//

def Attn_AdaptivePrecisionOp : Attn_Layer<"adaptive_precision", [AttrSizedOperandSegments]> {
  let summary = "attention whose tensors are f32, f16 or bf16, chosen at run time from a sample";
  let source = "defined here; scores of a sample: Shannon entropy, 1948";
  let description = [{
    One decision a call, or with `per_head` one for each query head. On the first 64 queries and the first 64 admitted
    keys of each sequence (those that it has, and that no mask of keys alone takes out), s = q·k/√d without mask or
    score change, P its softmax, Hn the mean over sequences and heads of the mean row entropy over log(number of keys),
    0 for one key:

        max|s| > 50 or max P > 0.95: f32;  Hn > 0.8: f16;  Hn < 0.3: bf16;  else f16

    `default` is adaptive, for these rules, or fp32, fp16, bf16, which force a type. Queries, keys and values are
    converted, but for what is in a cache, which stays as it is stored; scores of f16 are clamped to ±65504, and all
    sums are in f32. Where a result of f16 or bf16 is not finite, the call, or the head, is repeated in f32. Scores are
    those of any chain that begins at attn.dot_product. Heads of different types are computed by one kernel after the
    other, each of which reads no key for heads that are not its own.

    Statistics count the calls, those taken in f32, f16 and bf16, and those repeated in f32; with `per_head` the last
    four count heads. Given those of earlier calls, they go on from them.

        %o, %counts = attn.adaptive_precision %s1, %v default adaptive statistics %before : tensor<?x?x2x64xf32>, tensor<5xi32> -> tensor<?x?x8x64xf32>, tensor<5xi32>

    * (C1) the chain begins at attn.dot_product; tensors are f32. (C2) `default` is one of the four.
    * (C3) queries are (n, T, H, d), or (rows, H, d) at attn.packed; over a cache the sequences say how many keys there
      are, and no mask hides keys from all queries.
    * (C4) statistics are five i32.
  }];
  let arguments = (ins Attn_ScoresType:$scores, Attn_Data:$value, StrAttr:$precision, UnitAttr:$perHead,
                       Optional<RankedTensorOf<[I32]>>:$previous, Optional<Attn_SequencesType>:$sequences);
  let results = (outs AnyRankedTensor:$output, RankedTensorOf<[I32]>:$statistics);
  let assemblyFormat = [{
    $scores `,` $value `default` custom<Word>($precision) (`per_head` $perHead^)? (`statistics` $previous^)?
    (`in` $sequences^)? attr-dict `:` type($value) (`,` type($previous)^)? `->` type($output) `,` type($statistics)
  }];
  let hasVerifier = 1;
}
