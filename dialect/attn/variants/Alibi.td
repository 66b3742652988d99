//===- Alibi.td - a bias that grows with the distance -*- tablegen -*-===//

def Attn_AlibiOp : Attn_Modifier<"alibi"> {
  let summary = "a bias that grows with the distance";
  let source = "Press et al., 2022, §3";
  let description = [{
        s_ij − m_h · |i − j|

    with the slopes m_h as an operand (H), or generated: m_h = 2^(−8h/H), h = 1..H, for H a power of two; else the P
    slopes of the largest power of two P < H, then every second slope of 2P from the first.

        %s1 = attn.alibi %s0
        %s1 = attn.alibi %s slopes %m : tensor<9xf32>

    * (C1) slopes are (H).
  }];
  let arguments = (ins Attn_ScoresType:$scores, Optional<Attn_FloatTable>:$slopes);
  let assemblyFormat = "$scores (`slopes` $slopes^ `:` type($slopes))? attr-dict";
  let hasVerifier = 1;
}
