//===- Sink.td - a learned logit joins the normaliser -*- tablegen -*-===//

def Attn_SinkOp : Attn_Modifier<"sink"> {
  let summary = "a learned logit joins the normaliser";
  let source = "Xiao et al., 2024, §3.3";
  let description = [{
        a_ij = e^s_ij / (e^sink_h + Σ_j e^s_ij)

    one logit a query head, as if of a key whose value is 0: no score change reaches it, wherever it stands in the
    chain. The log-sum-exp holds it; a row without a key gives 0 and the sink itself.

        %s1 = attn.sink %s0 by %logits : tensor<9xf32>

    * (C1) logits are (H). (C2) elements are f32, bf16 or f16. (C3) a chain has one sink.
  }];
  let arguments = (ins Attn_ScoresType:$scores, Attn_FloatTable:$logits /*C2*/);
  let assemblyFormat = "$scores `by` $logits attr-dict `:` type($logits)";
  let hasVerifier = 1;
}
