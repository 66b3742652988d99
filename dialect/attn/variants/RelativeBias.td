//===- RelativeBias.td - a bias learned for each clipped distance -*- tablegen -*-===//

def Attn_RelativeBiasOp : Attn_Modifier<"relative_bias"> {
  let summary = "a bias learned for each clipped distance";
  let source = "Raffel et al., 2020, §2.1; clipped as in Shaw et al., 2018, §3.2";
  let description = [{
        s_ij + table[h, clamp(i − j, −R, R) + R]

    so that entry R is for a key at the query's own position, those before it for later keys.

        %s1 = attn.relative_bias %s0 from %table : tensor<9x129xf32>

    * (C1) the table is (H, 2R + 1), both sizes static. (C2) elements are f32, bf16 or f16.
  }];
  let arguments = (ins Attn_ScoresType:$scores, Attn_FloatTable:$table /*C2*/);
  let assemblyFormat = "$scores `from` $table attr-dict `:` type($table)";
  let hasVerifier = 1;
}
