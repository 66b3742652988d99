//===- Retention.td - weights are dot products, without a normaliser -*- tablegen -*-===//

include "dialect/attn/CausalOnly.td"

def Attn_RetentionOp : Attn_Source<"retention", [Pure, Attn_CausalOnly]> {
  let summary = "weights are dot products that decay";
  let source = "Sun et al., 2023, §2.1; Yang et al., 2024, §3";
  let description = [{
        w_ij = scale · q_i · k_j,  scale = 1/√d unless given

    discounted by attn.decay, whose fixed gates make retention and whose data gates make gated linear attention. The
    query is (n, T, H, d), the key (n, S, Hk, d). Closed by attn.none.

        %s0 = attn.retention %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>

    * (C1) query and key have the same width d.
    * (C2) H is a multiple of Hk.
    * (C3) the chain has a mask that keeps j ≤ i, such as attn.causal, and attn.none closes it.
  }];
  let arguments = (ins Attn_Data:$query, Attn_Data:$key, Optional<F32>:$scale);
  let results = (outs Attn_ScoresType:$scores);
  let assemblyFormat = "$query `,` $key (`scale` $scale^)? attr-dict `:` type($query) `,` type($key)";
  let hasVerifier = 1;
}
