//===- Additive.td - scores are sums through a tanh -*- tablegen -*-===//

def Attn_AdditiveOp : Attn_Source<"additive", [Pure]> {
  let summary = "scores are weighted sums of tanh(query + key)";
  let source = "Bahdanau et al., 2015, §3.1 and A.1.2";
  let description = [{
        s_ij = Σ_f u_f tanh(q_i,f + k_j,f) + b

    q (n, T, H, a) and k (n, S, Hk, a) are projected to the width a already, biases included; u is (a) of f32, bf16 or
    f16, b an f32, 0 unless given. There is no 1/√a.

        %s0 = attn.additive %q, %k by %u : tensor<?x?x4x64xbf16>, tensor<?x?x2x64xbf16>, tensor<64xf32>

    * (C1) query and key have one width, and H is a multiple of Hk. (C2) u is (a).
  }];
  let arguments = (ins Attn_Data:$query, Attn_Data:$key, Attn_FloatTable:$weights, Optional<F32>:$bias);
  let results = (outs Attn_ScoresType:$result);
  let assemblyFormat = [{
    $query `,` $key `by` $weights (`bias` $bias^)? attr-dict `:` type($query) `,` type($key) `,` type($weights)
  }];
  let hasVerifier = 1;
}
