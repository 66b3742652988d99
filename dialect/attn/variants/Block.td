//===- Block.td - a query attends to the keys of its block -*- tablegen -*-===//

def Attn_BlockOp : Attn_Modifier<"block"> {
  let summary = "a query attends to the keys of its block";
  let source = "Liu et al., 2018, §4.2.4";
  let description = [{
    keeps the pairs with ⌊i / c⌋ = ⌊j / c⌋; the last block may be short. The size c may be a run-time value, read as 1
    where it is less.

        %s1 = attn.block %s0 of %size

    Blocks may overlap by half, h = c/2: they begin at multiples of h until one reaches the last of the S_n keys, and of
    the two that hold query i, m = ⌊i / h⌋, `later` keeps the one that begins at m·h and `earlier` the one before it.
    Each scales its weights, normalised, by its part in a linear cross-fade over the shared half, (i − m·h + ½) / h for
    the later block, so that two softmaxes add up: `attn.overlapped_block`. c is then even, and read as 2 where it is
    less.

    * (C1) a constant size is positive, and even where blocks overlap.
    * (C2) a chain keeps the earlier or the later block, not both.
  }];
  let arguments = (ins Attn_ScoresType:$scores, I32:$size, UnitAttr:$earlier, UnitAttr:$later);
  let assemblyFormat = "$scores `of` $size (`earlier` $earlier^)? (`later` $later^)? attr-dict";
  let hasVerifier = 1;
}
