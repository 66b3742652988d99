//===- NNEnums.td - the choices that nn ops offer -*- tablegen -*-===//
//
// Apart from the ops, so that enumerations are generated of these alone.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_NN_NNENUMS
#define ATTN_DIALECT_NN_NNENUMS

include "mlir/IR/EnumAttr.td"

class NN_Enum<string name, string text, list<I32EnumAttrCase> cases> : I32EnumAttr<name, text, cases> {
  let cppNamespace = "::attn::nn";
  let genSpecializedAttr = 0;
}

def NN_GeluForm : NN_Enum<"GeluForm", "how the normal distribution is computed", [
    I32EnumAttrCase<"exact", 0>, I32EnumAttrCase<"tanh", 1>]>;

def NN_PoolKind : NN_Enum<"PoolKind", "how the rows of a sequence become one", [
    I32EnumAttrCase<"first", 0>, I32EnumAttrCase<"last", 1>, I32EnumAttrCase<"mean", 2>]>;

#endif // ATTN_DIALECT_NN_NNENUMS
