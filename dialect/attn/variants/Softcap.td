//===- Softcap.td - scores are bounded by a tanh -*- tablegen -*-===//

def Attn_SoftcapOp : Attn_Modifier<"softcap"> {
  let summary = "scores are bounded by a tanh";
  let description = [{
        c · tanh(s / c)

    (Gemma 2, 2024, §2.) Masks by addition come after it.

        %cap = arith.constant 5.000000e+01 : f32
        %s1 = attn.softcap %s0 at %cap

    * (C1) a constant cap is positive.
  }];
  let arguments = (ins Attn_ScoresType:$scores, F32:$cap);
  let assemblyFormat = "$scores `at` $cap attr-dict";
  let hasVerifier = 1;
}
