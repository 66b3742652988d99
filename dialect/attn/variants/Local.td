//===- Local.td - a query attends to the keys on both sides of it -*- tablegen -*-===//

def Attn_LocalOp : Attn_Modifier<"local"> {
  let summary = "a query attends to the keys on both sides of it";
  let source = "Beltagy et al., 2020, §3.1";
  let description = [{
    keeps the pairs with |i − j| ≤ ⌊w / 2⌋: w = 64 covers 65 keys, w = 1 only itself. The window may be a run-time
    value; below 0 it keeps no pair.

        %s1 = attn.local %s0 window %window

    * (C1) a constant window is positive.
  }];
  let arguments = (ins Attn_ScoresType:$scores, I32:$window);
  let assemblyFormat = "$scores `window` $window attr-dict";
  let hasVerifier = 1;
}
