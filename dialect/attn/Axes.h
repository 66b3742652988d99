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

/// On an attn.load: the axes of its indices, as they are written on the op that it is of. The sizes of the tensor are
/// those of the axes, so that no index lies outside; a load without it may ask for any element, and gets the nearest.
inline constexpr llvm::StringRef axesAttr = "axes";

/// Whether it is n, h, t or s.
bool isAxis(char letter);

/// The letters of `axes`, without the blanks between them.
llvm::SmallVector<char, 4> axisLetters(llvm::StringRef axes);

/// The element of `table` that belongs to the region's pair.
mlir::Value loadAlong(ScalarBuilder &builder, mlir::Value table, llvm::StringRef axes);

} // namespace attn

#endif // ATTN_DIALECT_ATTN_AXES_H
