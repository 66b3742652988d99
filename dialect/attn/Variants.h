//===- Variants.h - the named ops of chains -*- C++ -*-===//
//
// For the files of variants only: passes and lowerings see what a chain becomes, not the ops that it was written in.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_VARIANTS_H
#define ATTN_DIALECT_ATTN_VARIANTS_H

#include "dialect/attn/CausalOnly.h"
#include "dialect/attn/Checks.h"

#define GET_OP_CLASSES
#include "dialect/attn/VariantOps.h.inc"

namespace attn {

/// Query and key of a source that multiplies them: rank, element types, one width, heads that divide.
llvm::LogicalResult verifyProduct(mlir::Operation *op, mlir::Value query, mlir::Value key);
/// Value and output of a closing op: rank, one width, heads that divide.
llvm::LogicalResult verifyOutput(mlir::Operation *op, mlir::Value value, mlir::Value output);
/// The form, the initial state and the final one of a closing op with linear weights.
llvm::LogicalResult verifyStates(mlir::Operation *op, std::optional<llvm::StringRef> form, mlir::ValueRange initial,
                                 mlir::ValueRange final, size_t parts);

/// `modifier` is the only one of its kind in its chain; `reason` says why, or what to do instead.
template <typename ModifierOp>
llvm::LogicalResult verifyOnly(ModifierOp modifier, llvm::StringRef name, llvm::StringRef reason) {
  for (mlir::Operation *op : chainBehind(modifier.getScores())) {
    if (!llvm::isa<ModifierOp>(op))
      continue;
    mlir::InFlightDiagnostic error = modifier.emitOpError()
                                     << "expects to be the only " << name << " of its chain; " << reason;
    error.attachNote(op->getLoc()) << "the other one is here";
    return error;
  }
  return llvm::success();
}

/// `scale`, or 1/√d for queries of width d where it is null.
mlir::Value scaleOrDefault(GenericBuilder &generic, mlir::Value scale, mlir::Value query);

} // namespace attn

#endif // ATTN_DIALECT_ATTN_VARIANTS_H
