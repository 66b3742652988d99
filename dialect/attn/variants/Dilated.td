//===- Dilated.td - a query attends to every r-th key -*- tablegen -*-===//

def Attn_DilatedOp : Attn_Modifier<"dilated"> {
  let summary = "a query attends to every r-th key";
  let source = "Child et al., 2019, §4.3";
  let description = [{
    keeps the pairs with (i − j) mod r = 0, in both directions; r = 1 keeps all. With a window it is the dilated window
    of Beltagy et al., 2020. The dilation may be a run-time value, read as 1 where it is less.

        %s1 = attn.dilated %s0 by %dilation

    Every pair of the ranges that the other masks leave is looked at: a stride is no interval.

    * (C1) a constant dilation is positive.
  }];
  let arguments = (ins Attn_ScoresType:$scores, I32:$dilation);
  let assemblyFormat = "$scores `by` $dilation attr-dict";
  let hasVerifier = 1;
}
