//===- Apply.td - a variant written as text is applied -*- tablegen -*-===//

def Attn_ApplyOp : Attn_Modifier<"apply", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a variant written as text is applied";
  let source = "the attn.variant that it names";
  let description = [{
    Adds the regions of an `attn.variant` to the chain, with the operands as its parameters.

        %s1 = attn.apply @streaming(%slope, %window) to %s0 : f32, i32

    A parameter `tensor<?x?xf32>` stands for any size and for 16-bit floats, too: the copy of the region takes the
    operand's type. A weight may stand for it, which is read as f32, in each call, into a tensor of its shape.

        %table = nn.weight "relative_attention_bias.weight" : !nn.weight<32x12>
        %s1 = attn.apply @t5_bias(%table) to %s0 : !nn.weight<32x12>

    * (C1) the symbol names an `attn.variant`, of this module or of one given by --with, whose parameters have the types
      of the operands; of tensors, sizes that are declared, the number of dimensions, and what `attn.load` gives.
    * (C2) the chain's closing op gives the weights that the variant declares.
    * (C3) one variant or source of a chain has a pair region.
  }];
  let arguments = (ins FlatSymbolRefAttr:$variant, Variadic<AnyType>:$parameters, Attn_ScoresType:$scores);
  let assemblyFormat = "$variant `(` $parameters `)` `to` $scores attr-dict (`:` type($parameters)^)?";
}
