//===- Power.td - weights are powers of dot products -*- tablegen -*-===//

include "dialect/attn/CausalOnly.td"

def Attn_PowerOp : Attn_Source<"power", [Pure, Attn_CausalOnly]> {
  let summary = "weights are powers of dot products";
  let source = "Buckman et al., 2024, Symmetric Power Transformers, §1";
  let description = [{
        w_ij = (scale · q_i · k_j)^p,  scale = 1/√d unless given

    for a whole p ≥ 1, without exponentials: a product of the symmetric power expansions of q and k. The query is
    (n, T, H, d), the key (n, S, Hk, d). Closed by attn.sum where p is even, or by attn.none.

        %s0 = attn.power %q, %k degree 2 : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>

    * (C1) query and key have the same width d.
    * (C2) H is a multiple of Hk.
    * (C3) the degree is at least 1.
    * (C4) the chain has a mask that keeps j ≤ i, such as attn.causal.
  }];
  let arguments = (ins Attn_Data:$query, Attn_Data:$key, I64Attr:$degree, Optional<F32>:$scale);
  let results = (outs Attn_ScoresType:$scores);
  let assemblyFormat = [{
    $query `,` $key `degree` $degree (`scale` $scale^)? attr-dict `:` type($query) `,` type($key)
  }];
  let hasVerifier = 1;
}
