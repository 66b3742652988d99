//===- OverlappedBlock.td - blocks that overlap by half, cross-faded -*- tablegen -*-===//

def Attn_OverlappedBlockOp : Attn_Layer<"overlapped_block"> {
  let summary = "attention in blocks that overlap by half, cross-faded";
  let source = "Liu et al., 2018, §4.2.4; the cross-fade is defined here";
  let description = [{
    Two softmaxes, one over the later and one over the earlier of the two blocks of c keys that hold a query, blended by
    coefficients that add up to 1: see `attn.block`. Scores are those of any chain.

        %o = attn.overlapped_block %s0, %v of %size : tensor<?x?x2x64xbf16> -> tensor<?x?x8x64xbf16>

    * (C1) a constant size is positive and even.
  }];
  let arguments = (ins Attn_ScoresType:$scores, Attn_Data:$value, I32:$size, Optional<Attn_SequencesType>:$sequences);
  let results = (outs AnyRankedTensor:$output);
  let assemblyFormat = [{
    $scores `,` $value `of` $size (`in` $sequences^)? attr-dict `:` type($value) `->` type($output)
  }];
  let hasVerifier = 1;
}
