//===- Causal.td - a query attends to no later key -*- tablegen -*-===//

def Attn_CausalOp : Attn_Modifier<"causal"> {
  let summary = "a query attends to no later key";
  let source = "Vaswani et al., 2017, §3.2.3";
  let description = [{
    keeps the pairs with j ≤ i

        %s1 = attn.causal %s0
  }];
  let arguments = (ins Attn_ScoresType:$scores);
  let assemblyFormat = "$scores attr-dict";
}
