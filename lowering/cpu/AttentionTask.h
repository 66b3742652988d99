//===- AttentionTask.h - what prefill and decode share of a task -*- C++ -*-===//
//
// A task copies its query rows into scratch, sweeps over keys, and writes its output rows from scratch. Between the two
// the forms differ: what stands in the lanes.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_CPU_ATTENTIONTASK_H
#define ATTN_LOWERING_CPU_ATTENTIONTASK_H

#include "lowering/AttentionSweep.h"
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

class AttentionTask {
public:
  AttentionTask(VectorBuilder &builder, AttentionSweep &sweep);
  virtual ~AttentionTask() = default;

  /// Emits the task.
  mlir::LogicalResult emit();

protected:
  /// Queries and state into scratch, before the first range.
  virtual void begin() = 0;
  /// Keys [begin, end); `full` as in tile.sweep.
  virtual mlir::LogicalResult emitRange(mlir::Value begin, mlir::Value end, bool full) = 0;
  /// Output rows, inverse sums and log-sum-exps into their scratch, after the last range.
  virtual void end() = 0;

  StridedBuffer take(mlir::Value memref, bool hasWidth = true);
  /// Where row `row` of a sequence that begins at `origin` stands, for `head`.
  mlir::Value rowOffset(const StridedBuffer &buffer, mlir::Value origin, mlir::Value row, mlir::Value head);
  /// Copies a row into row `to` of a scratch matrix, as it is or converted to f32 and scaled.
  void copyRow(const StridedBuffer &from, mlir::Value offset, mlir::Value matrix, mlir::Value to,
               mlir::Value scale = mlir::Value());
  void zeroRow(mlir::Value matrix, mlir::Value row, int64_t firstColumn = 0);
  /// Query rows of one part, (rows, padded width); rows that do not exist are zero.
  mlir::Value loadQueries(AttentionSweep::Part &part, mlir::Type element, int64_t paddedWidth, mlir::Value scale);
  /// Row y of the group's rows that row x of the tile is, its row in the sequence and its query head.
  struct Row {
    mlir::Value inSequence, head;
  };
  Row rowAt(mlir::Value x);
  /// Positions and query heads of the tile's rows, i32, in scratch: what regions see of rows.
  void emitCoordinates();
  int64_t padded(int64_t width, int64_t multiple) { return (width + multiple - 1) / multiple * multiple; }
  /// The product's scale, and log₂e too where no score region comes between.
  mlir::Value productScale(AttentionSweep::Part &part);

  VectorBuilder &b;
  AttentionSweep &sweep;
  const int64_t rows, step, group, valueWidth;
  mlir::Value sequenceIndex, keyHead;
  /// Coordinates of rows; null without regions.
  mlir::Value positions, heads;
  /// What `end` fills: (rows, padded value width), and one value a row: 1 / sum or 0, and the log-sum-exp.
  mlir::Value outputRows, inverseSums, logSums;

private:
  void storeRows();

  mlir::Value firstRow;
};

mlir::LogicalResult emitPrefill(VectorBuilder &builder, AttentionSweep &sweep);
mlir::LogicalResult emitDecode(VectorBuilder &builder, AttentionSweep &sweep);

} // namespace attn

#endif // ATTN_LOWERING_CPU_ATTENTIONTASK_H
