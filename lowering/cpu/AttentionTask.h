//===- AttentionTask.h - what prefill and decode share of a task -*- C++ -*-===//
//
// A task copies its query rows into scratch, sweeps over keys, and writes its output rows from scratch. Between the two
// the forms differ: what stands in the lanes.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_CPU_ATTENTIONTASK_H
#define ATTN_LOWERING_CPU_ATTENTIONTASK_H

#include "lowering/AttentionSweep.h"
#include "lowering/cpu/PairCode.h"
#include "lowering/cpu/StridedRows.h"

namespace attn {

class AttentionTask : protected PairCode {
public:
  /// `blockKeys`: keys that the form takes at a time.
  AttentionTask(VectorBuilder &builder, AttentionSweep &sweep, int64_t blockKeys);
  virtual ~AttentionTask() = default;

  /// Emits the task.
  mlir::LogicalResult emit();

protected:
  using Vectors = VectorBuilder::Carried;

  /// State in scratch, before the first range; the queries are there.
  virtual void begin() = 0;
  /// One step, whose keys and values are in their tiles.
  virtual void emitStep(const Step &at) = 0;
  /// Output rows, inverse sums and log-sum-exps into their scratch, after the last range.
  virtual void end() = 0;

  /// The logit that joins the normaliser of rows at `h` and `i`; null without one.
  mlir::Value sinkOf(mlir::Value h, mlir::Value i);

  /// Row y of the group's rows that row x of the tile is, its row in the sequence and its query head.
  struct Row {
    mlir::Value inSequence, head;
  };
  Row rowAt(mlir::Value x);
  AttentionSweep &sweep;
  const int64_t rows, step, group, valueWidth, blockKeys;
  mlir::Value keyHead;
  llvm::SmallVector<Part, 2> parts;
  /// How weights meet values, and a step's values: (step / depth, padded value width · depth), `depth` keys side by
  /// side.
  LaneProduct weighting;
  mlir::Value valueTile;
  /// Coordinates of rows, i32, in scratch: what regions see of them. Null without regions.
  mlir::Value positions, heads;
  /// What `end` fills: (rows, padded value width), and one value a row: 1 / sum or 0, and the log-sum-exp.
  mlir::Value outputRows, inverseSums, logSums;

private:
  void emitCoordinates();
  void loadParts();
  /// What `map` (null: nothing) makes of features.
  mlir::Value mapped(tile::MapOp map, mlir::Value features);
  void loadQueries(AttentionSweep::Part &part, mlir::Value matrix, mlir::Value scale);
  void packTile(tile::ViewOp view, tile::MapOp map, mlir::Value tile, int64_t depth, const Step &at);
  void emitRange(mlir::Value begin, mlir::Value end, bool full);
  void emitRanges();
  void storeRows();

  mlir::Value firstRow;
};

mlir::LogicalResult emitPrefill(VectorBuilder &builder, AttentionSweep &sweep);
mlir::LogicalResult emitDecode(VectorBuilder &builder, AttentionSweep &sweep);

} // namespace attn

#endif // ATTN_LOWERING_CPU_ATTENTIONTASK_H
