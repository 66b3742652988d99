//===- SlidingWindow.td - a query attends to the keys of a window around it -*- tablegen -*-===//

def Attn_SlidingWindowOp : Attn_Modifier<"sliding_window", [AttrSizedOperandSegments]> {
  let summary = "a query attends to the keys of a window around it";
  let source = "Beltagy et al., 2020, §3.1";
  let description = [{
    keeps the pairs with i − left ≤ j ≤ i + right; `window w` alone means left = w − 1, right = 0. All
    of them may be run-time values.

        %s1 = attn.sliding_window %s0 window %window
        %s1 = attn.sliding_window %s left %l right %r

    * (C1) `window`, or `left` and `right`.
    * (C2) a constant window is positive; constant left and right are not negative. None is more than 2³⁰, so that
      i − left and i + right are 32-bit integers for every position; a run-time value beyond has no meaning.
  }];
  let arguments = (ins Attn_ScoresType:$scores, Optional<I32>:$window, Optional<I32>:$left, Optional<I32>:$right);
  let assemblyFormat = "$scores (`window` $window^)? (`left` $left^ `right` $right)? attr-dict";
  let hasVerifier = 1;
}
