//===- Axes.h - tensors from outside whose dimensions are named -*- C++ -*-===//
//
// Masks and biases from outside say what each of their dimensions counts, never guessed from the rank: `n` sequence,
// `h` query head, `t` the call's query row, `s` the sequence's key. Written "n h t s", with or without the blanks.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_AXES_H
#define ATTN_DIALECT_ATTN_AXES_H

#include "dialect/attn/GenericBuilder.h"

namespace attn {

/// The axes are distinct letters, one for each dimension of `table`, h, t or s among them; and where h is among them,
/// that dimension is as large as `scores` has query heads. `name` is what the op calls the table.
llvm::LogicalResult verifyAxes(mlir::Operation *op, llvm::StringRef name, mlir::Value table, llvm::StringRef axes,
                               mlir::Value scores);

/// The element of `table` that belongs to the region's pair.
mlir::Value loadAlong(ScalarBuilder &builder, mlir::Value table, llvm::StringRef axes);

} // namespace attn

#endif // ATTN_DIALECT_ATTN_AXES_H
