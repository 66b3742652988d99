//===- Dimensions.h - the sizes of values, as expressions over a function's symbols -*- C++ -*-===//
//
// A model names its dynamic dimensions on function arguments (`nn.dims`). This analysis follows the names through nn
// and attn ops, launches and the bodies of repeats, and gives one expression a dimension, in the grammar of
// runtime/artifact.h (6). It computes nothing: whatever has no name is an error that says where to write one.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_DIMENSIONS_H
#define ATTN_PASSES_DIMENSIONS_H

#include "dialect/Interfaces.h"

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <string>

namespace attn {

class GenericOp;

/// The sizes of the values of one function. Ops may be added while it lives; those it has answered for must stay.
class Dimensions {
public:
  using Sizes = llvm::SmallVector<std::string, 4>;

  /// The sizes of a tensor, memref or cache, outermost first; on failure one error stands on the op that hides them.
  llvm::FailureOr<Sizes> of(mlir::Value value);

  /// Fixes the sizes of a value, for one the analysis cannot see through.
  void set(mlir::Value value, Sizes sizes) { known[value] = llvm::FailureOr<Sizes>(std::move(sizes)); }

  /// One more than a size that is a name or a number, as nn.dims says it.
  static std::string oneMore(llvm::StringRef size);
  /// The name in a dimension of nn.dims, which is it or one more.
  static llvm::StringRef nameIn(llvm::StringRef dimension);

  /// The dimension of a cache or state that counts its sequences.
  static unsigned sequenceAxis(mlir::Value handle);

private:
  llvm::FailureOr<Sizes> compute(mlir::Value value);
  llvm::FailureOr<Sizes> ofArgument(mlir::BlockArgument argument);
  llvm::FailureOr<Sizes> ofResult(mlir::OpResult result);
  llvm::FailureOr<Sizes> ofWeights(GenericOp op);
  llvm::FailureOr<Sizes> ofRowWise(RowWiseOpInterface op, mlir::OpResult result);
  /// The first sizes of `value`, all but the last `drop`.
  llvm::FailureOr<Sizes> leading(mlir::Value value, unsigned drop);

  /// Failures, too: their error has been emitted.
  llvm::DenseMap<mlir::Value, llvm::FailureOr<Sizes>> known;
};

} // namespace attn

#endif // ATTN_PASSES_DIMENSIONS_H
