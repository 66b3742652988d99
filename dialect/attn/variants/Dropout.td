//===- Dropout.td - weights are left out at random -*- tablegen -*-===//

def Attn_DropoutOp : Attn_Modifier<"dropout"> {
  let summary = "normalised weights are left out at random, the others scaled up";
  let source = "Srivastava et al., 2014, §4; random numbers: Salmon et al., 2011, §4";
  let description = [{
        a_ij' = word(n, h, i, j) · 2⁻³² ≥ p ? a_ij / (1 − p) : 0

    word is the first of Philox-4x32-10 with the seed as key and (n, h, i, j) as counter, so that no tiling and no
    number of threads changes what is left out. The normaliser and the log-sum-exp are those without dropout. p is at
    least 0 and below 1; a run-time value outside leaves all weights (below 0) or none (1 and more).

        %s1 = attn.dropout %s0 p %p seed %seed

    * (C1) p, where it is a constant, is at least 0 and below 1.
  }];
  let arguments = (ins Attn_ScoresType:$scores, F32:$probability, I64:$seed);
  let assemblyFormat = "$scores `p` $probability `seed` $seed attr-dict";
  let hasVerifier = 1;
}
