//===- QkNorm.td - queries and keys are normalised head by head -*- tablegen -*-===//

def Attn_QkNormOp : Attn_Operand<"qk_norm", [Pure, AllTypesMatch<["input", "result"]>,
    DeclareOpInterfaceMethods<Attn_LayerOpInterface, ["expand"]>]> {
  let summary = "queries or keys are normalised head by head before they meet";
  let source = "Henry et al., 2020, §3; by a root mean square as in Zhang and Sennrich, 2019";
  let description = [{
        y_f = x_f · g_f / √(mean_f x_f² + ε)

    over the d features of each head, before any rotation. x is (n, T, H, d), or (rows, H, d) when packed; the gain g is
    (d), the same for all heads, or (H, d). Sums are f32, the result is rounded once.

        %q1 = attn.qk_norm %q, %gain epsilon 1.0e-06 : tensor<?x?x9x64xbf16>, !nn.weight<64>

    * (C1) x has 3 or 4 dimensions, static heads and a static width. (C2) g is (d) or (H, d). (C3) ε is positive.
  }];
  let arguments = (ins AnyRankedTensor:$input, Attn_Learned:$gain, DefaultValuedAttr<F32Attr, "1.0e-6f">:$epsilon);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `,` $gain (`epsilon` $epsilon^)? attr-dict `:` type($input) `,` qualified(type($gain))";
  let hasVerifier = 1;
}
