//===- Biased.td - a tensor from outside is added to scores -*- tablegen -*-===//

def Attn_BiasedOp : Attn_Modifier<"biased"> {
  let summary = "a tensor from outside is added to scores";
  let source = "Vaswani et al., 2017, §3.2.3";
  let description = [{
        s_ij + bias

    Its axes are written as those of attn.masked are. −∞ takes a pair out, and a row whose admitted scores are all −∞
    has no key; but every pair is computed, and values have to be numbers where the bias is −∞: a mask costs less.

        %s1 = attn.biased %s0 by %bias axes "h t s" : tensor<9x?x?xbf16>
        %s1 = attn.biased %s by %m axes "n s" : tensor<?x?xf32>

    * (C1) axes and sizes as (C1) and (C2) of attn.masked. (C2) elements are f32, bf16 or f16.
  }];
  let arguments = (ins Attn_ScoresType:$scores,
    AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef, Attn_Learned], "tensor or weight">:$bias, StrAttr:$axes);
  let assemblyFormat = "$scores `by` $bias `axes` $axes attr-dict `:` type($bias)";
  let hasVerifier = 1;
}
