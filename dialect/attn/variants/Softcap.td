//===- Softcap.td - scores are bounded by a tanh -*- tablegen -*-===//

def Attn_SoftcapOp : Attn_Modifier<"softcap"> {
  let summary = "scores are bounded by a tanh";
  let source = "Gemma 2, 2024, §2";
  let description = [{
        c · tanh(s / c),  −∞ where s is −∞

    so that what a bias of −∞ took out stays out.

        %cap = arith.constant 5.000000e+01 : f32
        %s1 = attn.softcap %s0 at %cap

    * (C1) a constant cap is positive.
  }];
  let arguments = (ins Attn_ScoresType:$scores, F32:$cap);
  let assemblyFormat = "$scores `at` $cap attr-dict";
  let hasVerifier = 1;
}
