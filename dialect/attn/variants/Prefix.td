//===- Prefix.td - a query attends to no later key but those of the prefix -*- tablegen -*-===//

def Attn_PrefixOp : Attn_Modifier<"prefix"> {
  let summary = "a query attends to no later key but those of the prefix";
  let source = "Raffel et al., 2020, §3.2.1";
  let description = [{
    keeps the pairs with j ≤ i or j < p_n, p_n the prefix of sequence n; 0 or less is causal, S_n or more keeps all.

        %s1 = attn.prefix %s0 lengths %prefix : tensor<?xi32>

    * (C1) lengths are (n).
  }];
  let arguments = (ins Attn_ScoresType:$scores, Attn_Vector:$lengths);
  let assemblyFormat = "$scores `lengths` $lengths attr-dict `:` type($lengths)";
  let hasVerifier = 1;
}
