//===- Latent.td - keys and values share a latent -*- tablegen -*-===//

def Attn_LatentOp : Attn_Source<"latent", [Pure]> {
  let summary = "keys and values are read off one latent, and a rotary part is added to scores";
  let source = "DeepSeek-AI, 2024, §2.1";
  let description = [{
    The absorbed form: the query already carries the matrix that would make keys of latents, so that the cache holds
    latents alone, and all heads share them.

        s_ij = scale · (q_c,i · c_j + q_r,i · k_r,j)

    q_c is (n, T, H, r) and c, the normalised latent, (n, S, Hk, r); q_r and k_r, rotated already, are (n, T, H, d_r)
    and (n, S, Hk, d_r), Hk usually 1. Without `scale` it is 1/√(d_c + d_r) with `width` d_c that of the keys which the
    latent stands for, not r. The latent closes the chain as value, too, and is then loaded once; what it is as values
    is up to the output's projection.

        %s0 = attn.latent %qc, %c plus %qr, %kr width 128 : tensor<?x?x16x512xbf16>, !attn.cache<?x?x1x512xbf16>, tensor<?x?x16x64xbf16>, !attn.cache<?x?x1x64xbf16>
        %o = attn.softmax %s0, %c in %at : !attn.cache<?x?x1x512xbf16> -> tensor<?x?x16x512xf32>

    * (C1) each query and its keys have one width, and H is a multiple of Hk. (C2) `width` is at least 1.
    * (C3) both queries have the same rows and heads, both keys likewise.
  }];
  let arguments = (ins Attn_Data:$query, Attn_Data:$latent, Attn_Data:$rotaryQuery, Attn_Data:$rotaryKey,
                       I64Attr:$width, Optional<F32>:$scale);
  let results = (outs Attn_ScoresType:$result);
  let assemblyFormat = [{
    $query `,` $latent `plus` $rotaryQuery `,` $rotaryKey `width` $width (`scale` $scale^)? attr-dict
    `:` type($query) `,` type($latent) `,` type($rotaryQuery) `,` type($rotaryKey)
  }];
  let hasVerifier = 1;
}
