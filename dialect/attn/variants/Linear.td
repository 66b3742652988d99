//===- Linear.td - weights are products of feature maps -*- tablegen -*-===//

def Attn_LinearOp : Attn_Source<"linear", [Pure]> {
  let summary = "weights are products of feature maps";
  let source = "Katharopoulos et al., 2020, §3.2";
  let description = [{
        s_ij = φ(q_i) · φ(k_j),  φ(x) = elu(x) + 1 unless `feature` says relu, identity or exp

    feature by feature, without a scale. The query is (n, T, H, d), the key (n, S, Hk, d). Causal or not; closed by
    attn.sum with ε = 1e-6, or by attn.none.

        %s0 = attn.linear %q, %k feature "relu" : tensor<?x?x9x64xbf16>, tensor<?x?x3x64xbf16>

    * (C1) query and key have the same width d.
    * (C2) H is a multiple of Hk.
    * (C3) `feature` is elu1, relu, identity or exp.
  }];
  let arguments = (ins Attn_Data:$query, Attn_Data:$key, OptionalAttr<StrAttr>:$feature);
  let results = (outs Attn_ScoresType:$scores);
  let assemblyFormat = "$query `,` $key (`feature` $feature^)? attr-dict `:` type($query) `,` type($key)";
  let hasVerifier = 1;
}
