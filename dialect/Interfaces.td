//===- Interfaces.td - the extension points of the dialects -*- tablegen -*-===//
//
// A variant is written as a chain: a source makes lazy scores, modifiers change or mask them, a closing op normalises
// them and applies them to values. Each op says through one of the three interfaces below what it adds to the
// `attn.generic` that the chain becomes; `attn-generalize` walks the chain and calls them, and knows no op by name.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_INTERFACES
#define ATTN_DIALECT_INTERFACES

include "mlir/IR/OpBase.td"

class Attn_ChainInterface<string name> : OpInterface<name> { let cppNamespace = "::attn"; }

def Attn_SourceOpInterface : Attn_ChainInterface<"SourceOpInterface"> {
  let description = [{
    Begins a chain: gives the query and key parts, the scale and, where the score is no dot product, the `pair` or
    `features` region. For one method you get every modifier, every closing op, masks, caches, both targets.
  }];
  let methods = [
    InterfaceMethod<"The query, or one of several parts: its rows and heads are those of the scores.",
                    "::mlir::Value", "getQuery">,
    InterfaceMethod<"Sets parts, scale and the regions that make a score.",
                    "void", "begin", (ins "::attn::GenericBuilder &":$generic)>];
}

def Attn_ModifierOpInterface : Attn_ChainInterface<"ModifierOpInterface"> {
  let description = [{
    Changes or masks scores: appends to the score region (in the order written), narrows the mask region, or sets
    gates or sink. For one method, about ten lines, the variant composes with all others.
  }];
  let methods = [
    InterfaceMethod<"The scores that this op modifies.", "::mlir::Value", "getScores">,
    InterfaceMethod<"Appends to the regions, or sets a slot.",
                    "void", "contribute", (ins "::attn::GenericBuilder &":$generic)>];
}

def Attn_ClosingOpInterface : Attn_ChainInterface<"ClosingOpInterface"> {
  let description = [{
    Ends a chain: chooses weighting and normaliser and applies the weights to values.
  }];
  let methods = [
    InterfaceMethod<"The scores that this op normalises.", "::mlir::Value", "getScores">,
    InterfaceMethod<"Sets value, sequences, weighting, normaliser and result types.",
                    "void", "finish", (ins "::attn::GenericBuilder &":$generic)>];
}

#endif // ATTN_DIALECT_INTERFACES
