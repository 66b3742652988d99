//===- Apply.td - a variant written as text is applied -*- tablegen -*-===//

def Attn_ApplyOp : Attn_Modifier<"apply", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a variant written as text is applied";
  let description = [{
    Adds the regions of an `attn.variant` to the chain, with the operands as its parameters.

        %s1 = attn.apply @streaming(%slope, %window) to %s0 : f32, i32

    * (C1) the symbol names an `attn.variant` whose parameters have the types of the operands.
    * (C2) what an integer division or remainder in it divides by is a constant other than 0 and −1, or `arith.maxsi` of
      any value and a positive constant.
  }];
  let arguments = (ins FlatSymbolRefAttr:$variant, Variadic<AnyType>:$parameters, Attn_ScoresType:$scores);
  let assemblyFormat = "$variant `(` $parameters `)` `to` $scores attr-dict (`:` type($parameters)^)?";
}
