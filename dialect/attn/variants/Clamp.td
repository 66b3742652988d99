//===- Clamp.td - scores are cut at a bound -*- tablegen -*-===//

def Attn_ClampOp : Attn_Modifier<"clamp"> {
  let summary = "scores are cut at a bound";
  let source = "none: a guard against overflow";
  let description = [{
        min(max(s, −c), c),  −∞ where s is −∞

    so that what a bias of −∞ took out stays out. The bound may be a run-time value; below 0 every score is c.

        %bound = arith.constant 5.000000e+00 : f32
        %s1 = attn.clamp %s0 at %bound

    * (C1) a constant bound is positive.
  }];
  let arguments = (ins Attn_ScoresType:$scores, F32:$bound);
  let assemblyFormat = "$scores `at` $bound attr-dict";
  let hasVerifier = 1;
}
