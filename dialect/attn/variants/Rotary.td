//===- Rotary.td - rotates queries or keys by their position -*- tablegen -*-===//

def Attn_RotaryOp : Attn_Operand<"rotary", [Pure, Attn_RowWiseOpInterface, AllTypesMatch<["input", "result"]>]> {
  let summary = "rotates queries or keys by their position";
  let source = "Su et al., 2021, §3.4";
  let description = [{
    Rotates the pair m of features by the angle i · base^(−2m/w), i the position of the row (start_n + r), w the
    rotated width (left out: all of d). `interleaved` pairs (2m, 2m+1), as the GGUF files of
    llama-shaped models store them, `halves` pairs (m, m + w/2), as their safetensors do. Angles are exact to 2⁻²⁴ of
    a turn at any position.

        %qr = attn.rotary %q halves base 1.000000e+04 : tensor<?x?x9x64xbf16>
        %r = attn.rotary %q at %seq interleaved base 1.0e5 width 32 : tensor<?x?x9x64xf32>

    * (C1) the rotated width is even, positive and at most d. (C2) the base is positive.
  }];
  let arguments = (ins AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef]>:$input, Optional<Attn_SequencesType>:$sequences,
                       Attn_RotaryLayoutAttr:$layout, F64Attr:$base, OptionalAttr<I64Attr>:$width);
  let results = (outs AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef]>:$result);
  let assemblyFormat = "$input (`at` $sequences^)? $layout `base` $base (`width` $width^)? attr-dict `:` type($input)";
  let extraClassDeclaration = "unsigned getFeatureRank() { return 2; }";
  let hasVerifier = 1;
}
