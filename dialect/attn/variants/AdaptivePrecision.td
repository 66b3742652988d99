//===- AdaptivePrecision.td - the type of queries, keys and values is chosen at run time -*- tablegen -*-===//

def Attn_AdaptivePrecisionOp : Attn_Layer<"adaptive_precision", [AttrSizedOperandSegments]> {
  let summary = "attention whose tensors are f32, f16 or bf16, chosen at run time from a sample";
  let source = "defined here; scores of a sample: Shannon entropy, 1948";
  let description = [{
    One decision a call. On the first 64 queries and the first 64 keys of each sequence, s = q·k/√d without mask or score
    change, P its softmax, Hn the mean over sequences and heads of the mean row entropy over log(number of keys), 0 for
    one key:

        max|s| > 50 or max P > 0.95: f32;  Hn > 0.8: f16;  Hn < 0.3: bf16;  else f16

    `default` is adaptive, for these rules, or fp32, fp16, bf16, which force a type. Queries, keys and values are
    converted, scores of f16 are clamped to ±65504, and all sums are in f32. Where a result of f16 or bf16 is not
    finite, the call is repeated in f32. Scores are those of any chain over tensors that begins at attn.dot_product.

    Statistics count the calls, those taken in f32, f16 and bf16, and those repeated in f32; given those of earlier calls,
    they go on from them.

        %o, %counts = attn.adaptive_precision %s1, %v default adaptive statistics %before : tensor<?x?x2x64xf32>, tensor<5xi32> -> tensor<?x?x8x64xf32>, tensor<5xi32>

    * (C1) the chain begins at attn.dot_product, on tensors of rank 4, f32. (C2) `default` is one of the four.
    * (C3) sequences are rows of a batch, not packed. (C4) statistics are five i32.
  }];
  let arguments = (ins Attn_ScoresType:$scores, RankedTensorOf<[F32]>:$value, StrAttr:$precision,
                       Optional<RankedTensorOf<[I32]>>:$previous, Optional<Attn_SequencesType>:$sequences);
  let results = (outs RankedTensorOf<[F32]>:$output, RankedTensorOf<[I32]>:$statistics);
  let assemblyFormat = [{
    $scores `,` $value `default` custom<Word>($precision) (`statistics` $previous^)? (`in` $sequences^)? attr-dict `:` type($value)
    (`,` type($previous)^)? `->` type($output) `,` type($statistics)
  }];
  let hasVerifier = 1;
}
