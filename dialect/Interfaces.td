//===- Interfaces.td - the extension points of the dialects -*- tablegen -*-===//
//
// A variant is written as a chain: a source makes lazy scores, modifiers change or mask them, a closing op normalises
// them and applies them to values. Each op says through one of the first three interfaces below what it adds to the
// `attn.generic` that the chain becomes; `attn-generalize` walks the chain and calls them, and knows no op by name.
// What is no chain, but a small graph of such ops, says through the fourth what it stands for. Two more are for what
// stands around attention: ops on rows, and those that work element by element.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_INTERFACES
#define ATTN_DIALECT_INTERFACES

include "mlir/IR/OpBase.td"

class Attn_Interface<string name> : OpInterface<name> { let cppNamespace = "::attn"; }

def Attn_SourceOpInterface : Attn_Interface<"SourceOpInterface"> {
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

def Attn_ModifierOpInterface : Attn_Interface<"ModifierOpInterface"> {
  let description = [{
    Changes or masks scores: appends to the score region (in the order written), narrows the mask region, or sets
    gates or sink. For one method, about ten lines, the variant composes with all others.
  }];
  let methods = [
    InterfaceMethod<"The scores that this op modifies.", "::mlir::Value", "getScores">,
    InterfaceMethod<"Appends to the regions, or sets a slot.",
                    "void", "contribute", (ins "::attn::GenericBuilder &":$generic)>];
}

def Attn_ClosingOpInterface : Attn_Interface<"ClosingOpInterface"> {
  let description = [{
    Ends a chain: chooses weighting and normaliser and applies the weights to values.
  }];
  let methods = [
    InterfaceMethod<"The scores that this op normalises.", "::mlir::Value", "getScores">,
    InterfaceMethod<"Sets value, sequences, weighting, normaliser and result types.",
                    "void", "finish", (ins "::attn::GenericBuilder &":$generic)>];
}

def Attn_LayerOpInterface : Attn_Interface<"LayerOpInterface"> {
  let description = [{
    Stands for a small graph of nn and attn ops. For one method, about thirty lines, the layer runs wherever its parts
    do: `attn-expand-layers` puts the graph in its place before anything else looks at it.
  }];
  let methods = [
    InterfaceMethod<"Builds the graph and returns what takes the place of each result, or null where nobody uses it. "
                    "On failure an error has been emitted on the op.",
                    "::llvm::FailureOr<::llvm::SmallVector<::mlir::Value>>", "expand",
                    (ins "::mlir::OpBuilder &":$builder)>];
}

//===----------------------------------------------------------------------===//
// Ops of the graph
//===----------------------------------------------------------------------===//

def Attn_RowWiseOpInterface : Attn_Interface<"RowWiseOpInterface"> {
  let description = [{
    Each row of the op's data depends on one row of each input, or on rows that it gathers itself. Ops over the same
    rows become one kernel (`attn-outline`), and sizes, plan and loop over rows follow from what is said here.
  }];
  let methods = [
    InterfaceMethod<"The data whose leading dimensions are the rows.", "::mlir::Value", "getRowData", (ins), "",
                    [{ return $_op->getResult(0); }]>,
    InterfaceMethod<"How many trailing dimensions of the data are the features of one row.", "unsigned",
                    "getFeatureRank", (ins), "", [{ return 1; }]>,
    InterfaceMethod<"How many leading dimensions the data has from the first operand.", "unsigned", "getSharedRank",
                    (ins), "", [{
      return ::mlir::cast<::mlir::ShapedType>($_op.getRowData().getType()).getRank() - $_op.getFeatureRank();
    }]>];
}

def Attn_ElementwiseOpInterface : Attn_Interface<"ElementwiseOpInterface"> {
  let description = [{
    Every element of the result is the same function of the elements in its place: of data of the result's shape, and of
    weights, vectors of its features. For one method the op joins epilogues of linear layers and runs in row-wise
    kernels.
  }];
  let methods = [
    InterfaceMethod<"Builds the function on f32 scalars, one for each operand, from ops that kernels have on vectors.",
                    "::mlir::Value", "buildScalar",
                    (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$scalars)>];
}

#endif // ATTN_DIALECT_INTERFACES
