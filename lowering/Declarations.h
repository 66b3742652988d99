//===- Declarations.h - the names of a program, and what each of them stands for -*- C++ -*-===//
//
// The runtime finds functions' arguments, states and weights by name. Functions may share states and weights, one
// reading what another updates, so all of them are gathered before any is written: what one function leaves open
// another says, and what two say differently is an error.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_DECLARATIONS_H
#define ATTN_LOWERING_DECLARATIONS_H

#include "dialect/nn/NN.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/JSON.h"

namespace attn {

/// What artefacts call a type of elements; an error on `op` where they carry none.
mlir::FailureOr<llvm::StringRef> artifactType(mlir::Type type, mlir::Operation *op);

/// What the runtime calls an argument: its `nn.name`, or what it is and its number.
std::string nameOfArgument(mlir::BlockArgument argument);

/// The shape of a function's argument, by its names of dimensions; of a scalar, none. An error on the function where a
/// dynamic one has no name.
mlir::FailureOr<llvm::SmallVector<std::string>> namedShape(mlir::BlockArgument argument);

/// The tensors of a weight file that a weight stands for: one, or one for each round of the repeat whose index its name
/// mentions.
std::vector<std::string> tensorNames(nn::WeightOp op);

/// The states and weights of a program, numbered in the order of their first mention.
class Declarations {
public:
  /// Gathers those of all public functions, on memrefs and handles. Each name that two places declare differently is an
  /// error at one with a note at the other; all are reported.
  mlir::LogicalResult gather(mlir::ModuleOp module);

  int64_t numberOfState(mlir::BlockArgument argument) const;
  int64_t numberOfWeight(nn::WeightOp op) const;

  /// As runtime/artifact.h has them (8, 9).
  llvm::json::Array states() const;
  llvm::json::Array weights() const;

private:
  /// What the functions that share a state say of it.
  struct State {
    mlir::BlockArgument first;
    llvm::StringRef type;
    llvm::SmallVector<std::string> shape;
    /// Who says by what it grows, if anybody does: the only ones to know where a sum has its sequences.
    mlir::BlockArgument growing;
  };

  mlir::LogicalResult gatherNames(mlir::func::FuncOp function);
  mlir::LogicalResult gatherState(mlir::BlockArgument argument);
  mlir::LogicalResult gatherGrowth(mlir::BlockArgument argument, State &state);
  mlir::LogicalResult gatherWeight(nn::WeightOp op);

  llvm::MapVector<mlir::StringAttr, nn::WeightOp> weightOps;
  llvm::MapVector<mlir::StringAttr, State> stateArguments;
};

} // namespace attn

#endif // ATTN_LOWERING_DECLARATIONS_H
