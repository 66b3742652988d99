//===- DotProduct.td - scores are scaled dot products -*- tablegen -*-===//

def Attn_DotProductOp : Attn_Source<"dot_product", [Pure]> {
  let summary = "scores are scaled dot products";
  let source = "Vaswani et al., 2017, §3.2.1; Ainslie et al., 2023, §2.2";
  let description = [{
        s_ij = scale · q_i · k_j,  scale = 1/√d unless given

    Multi-head, grouped (query head h reads key head ⌊h/(H/Hk)⌋), multi-query and cross attention alike.
    The query is (n, T, H, d), the key (n, S, Hk, d).

        %s0 = attn.dot_product %q, %k : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>

    * (C1) query and key have the same width d.
    * (C2) H is a multiple of Hk.
  }];
  let arguments = (ins Attn_Data:$query, Attn_Data:$key, Optional<F32>:$scale);
  let results = (outs Attn_ScoresType:$scores);
  let assemblyFormat = "$query `,` $key (`scale` $scale^)? attr-dict `:` type($query) `,` type($key)";
  let hasVerifier = 1;
}
