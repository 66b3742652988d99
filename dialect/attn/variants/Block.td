//===- Block.td - a query attends to the keys of its block -*- tablegen -*-===//

def Attn_BlockOp : Attn_Modifier<"block"> {
  let summary = "a query attends to the keys of its block";
  let source = "Liu et al., 2018, §4.2.4";
  let description = [{
    keeps the pairs with ⌊i / c⌋ = ⌊j / c⌋; the last block may be short. The size c may be a run-time value, read as 1
    where it is less. Blocks that overlap blend two softmaxes and are a layer: attn.overlapped_block.

        %s1 = attn.block %s0 of %size

    * (C1) a constant size is positive.
  }];
  let arguments = (ins Attn_ScoresType:$scores, I32:$size);
  let assemblyFormat = "$scores `of` $size attr-dict";
  let hasVerifier = 1;
}
