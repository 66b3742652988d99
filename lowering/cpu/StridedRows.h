//===- StridedRows.h - rows of buffers of any strides, in and out of scratch -*- C++ -*-===//

#ifndef ATTN_LOWERING_CPU_STRIDEDROWS_H
#define ATTN_LOWERING_CPU_STRIDEDROWS_H

#include "lowering/cpu/VectorBuilder.h"

namespace attn {

/// A strided buffer taken apart: element (a, b, …) stands at base[offset + a · strides[0] + …].
struct StridedBuffer {
  mlir::Value base, offset;
  llvm::SmallVector<mlir::Value, 4> strides;
  mlir::Type element;
  /// Elements of a row, the last dimension; 1 where rows are single values.
  int64_t width;
  /// Whether the elements of a row are neighbours (i1).
  mlir::Value isUnit;
};

StridedBuffer takeBuffer(VectorBuilder &b, mlir::Value memref, bool hasWidth = true);

/// Where row `row` of a sequence that begins at `origin` stands, for `head`.
mlir::Value rowOffset(VectorBuilder &b, const StridedBuffer &buffer, mlir::Value origin, mlir::Value row,
                      mlir::Value head);

/// The row at `offset` as a vector in memory; `stride` null: neighbours.
mlir::Value rowMemref(VectorBuilder &b, const StridedBuffer &buffer, mlir::Value offset,
                      mlir::Value stride = mlir::Value());

/// What elements become on their way: as they are, or converted to f32, mapped (null: not) and scaled. Where
/// `lastExists` is given and false, the last of several rows counts as zero.
struct RowChange {
  llvm::function_ref<mlir::Value(mlir::Value)> map;
  mlir::Value scale, lastExists;
};

/// Copies the rows at `offsets` into row `to` of a scratch matrix, elements of the same column side by side.
void copyRows(VectorBuilder &b, const StridedBuffer &from, mlir::ValueRange offsets, mlir::Value matrix, mlir::Value to,
              const RowChange &change);
void zeroRow(VectorBuilder &b, mlir::Value matrix, mlir::Value row, int64_t firstColumn = 0);

/// The largest magnitude in a row of a scratch matrix of f32, whose width is a multiple of the lanes, padding included.
mlir::Value largestOfRow(VectorBuilder &b, mlir::Value matrix, mlir::Value row);
/// The power of two that brings it between 1 and 2, exactly; 1 for what is no number.
mlir::Value factorToUnit(VectorBuilder &b, mlir::Value largest);
void scaleRow(VectorBuilder &b, mlir::Value matrix, mlir::Value row, mlir::Value factor);

/// The transpose of a scratch matrix, square by square: rows of `from` by columns of `depth` elements become rows of
/// `to`, or the reverse. Both sizes are multiples of the lanes.
void transposeInto(VectorBuilder &b, mlir::Value from, mlir::Value to, int64_t depth);

inline int64_t padded(int64_t width, int64_t multiple) { return (width + multiple - 1) / multiple * multiple; }

} // namespace attn

#endif // ATTN_LOWERING_CPU_STRIDEDROWS_H
