//===- AttentionTask.h - what prefill and decode share of a task -*- C++ -*-===//
//
// A task copies its query rows into scratch, sweeps over keys, and writes its output rows from scratch. Between the two
// the forms differ: what stands in the lanes.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_CPU_ATTENTIONTASK_H
#define ATTN_LOWERING_CPU_ATTENTIONTASK_H

#include "lowering/AttentionSweep.h"
#include "lowering/cpu/LaneProduct.h"

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
  /// `blockKeys`: keys that the form takes at a time.
  AttentionTask(VectorBuilder &builder, AttentionSweep &sweep, int64_t blockKeys);
  virtual ~AttentionTask() = default;

  /// Emits the task.
  mlir::LogicalResult emit();

protected:
  using Vectors = VectorBuilder::Carried;

  /// A step of a range: its first key, the end of the range, and how many rows of the tiles are used, in whole blocks;
  /// rows at or beyond the end are zero. `full` as in tile.sweep.
  struct Step {
    mlir::Value firstKey, end, count;
    bool full;
  };

  /// State in scratch, before the first range; the queries are there.
  virtual void begin() = 0;
  /// One step, whose keys and values are in their tiles.
  virtual void emitStep(const Step &at) = 0;
  /// Output rows, inverse sums and log-sum-exps into their scratch, after the last range.
  virtual void end() = 0;

  /// One term of the scores in scratch: queries (rows, padded width) and a step's keys (step, padded width).
  struct Part {
    LaneProduct product;
    mlir::Value queries, keys;
    /// What its products are multiplied by; null where the queries were.
    mlir::Value factor;
    int64_t width, paddedWidth;
    tile::DotOp dot;
  };
  /// sum + query · key, or what the part's body says of the pair; `feature` is the number of the first one in the
  /// lanes, which are features where `areFeatures` and queries otherwise.
  mlir::Value addTerm(Part &part, mlir::Value query, mlir::Value key, mlir::Value feature, bool areFeatures,
                      mlir::Value sum);
  /// sum + factor · products, for a part's products; a null sum is 0.
  mlir::Value addPart(const Part &part, mlir::Value products, mlir::Value sum);

  /// The pairs that stand in the lanes: i32, vectors or scalars.
  struct Pairs {
    mlir::Value h, i, j;
  };
  /// What the score and mask regions make of n, h and i alone.
  struct OfRows {
    mlir::IRMapping score, mask;
  };
  /// That of a step's lanes, which are queries; j is null.
  OfRows knownOf(const Pairs &pairs, const Step &at);
  /// Applies the score region, and in a partial range the mask, to scores of exponential weights (times log₂e where
  /// there is no region) or of linear ones.
  mlir::Value changeScores(mlir::Value scores, const Pairs &pairs, const Step &at, const OfRows &known = OfRows());
  /// Whether a step's scores are more than products.
  bool hasChanges(const Step &at) { return sweep.score || !at.full; }
  /// 2^(scores − subtrahend), or without a subtrahend the scores themselves, 0 where they are −∞.
  mlir::Value weightsOf(mlir::Value scores, mlir::Value subtrahend, const Step &at);
  /// The weights as they meet the values, beside the normaliser.
  mlir::Value timesFactor(mlir::Value weights, const Pairs &pairs);

  /// What the state of rows comes to, on lanes: what their output is multiplied by, 0 where nothing has weight, and the
  /// log-sum-exp (null where it is not asked for). A sink joins here; maximum and scores are times log₂e.
  struct Normalizers {
    mlir::Value inverseSum, logSum;
  };
  Normalizers finishState(mlir::Value maximum, mlir::Value sum, mlir::Value h, mlir::Value i);

  StridedBuffer take(mlir::Value memref, bool hasWidth = true);
  /// Where row `row` of a sequence that begins at `origin` stands, for `head`.
  mlir::Value rowOffset(const StridedBuffer &buffer, mlir::Value origin, mlir::Value row, mlir::Value head);
  /// Copies the rows at `offsets` into row `to` of a scratch matrix, elements of the same column side by side; as they
  /// are, or converted to f32, mapped and scaled. Where `lastExists` is given and false, the last of them counts as
  /// zero.
  struct Change {
    tile::MapOp map;
    mlir::Value scale, lastExists;
  };
  void copyRows(const StridedBuffer &from, mlir::ValueRange offsets, mlir::Value matrix, mlir::Value to, Change change);
  void zeroRow(mlir::Value matrix, mlir::Value row, int64_t firstColumn = 0);
  /// Row y of the group's rows that row x of the tile is, its row in the sequence and its query head.
  struct Row {
    mlir::Value inSequence, head;
  };
  Row rowAt(mlir::Value x);
  int64_t padded(int64_t width, int64_t multiple) { return (width + multiple - 1) / multiple * multiple; }

  /// What a region gives for `leading` and then its captures, as a vector; where it has no form on lanes the task
  /// fails.
  mlir::Value inlined(mlir::Block &body, mlir::ValueRange leading, mlir::ValueRange captures,
                      const mlir::IRMapping &known = mlir::IRMapping());
  /// The same for a region that takes n, h, i, j behind `leading`.
  mlir::Value inlinedAt(mlir::Block &body, mlir::ValueRange leading, const Pairs &pairs, mlir::ValueRange captures,
                        const mlir::IRMapping &known = mlir::IRMapping());

  VectorBuilder &b;
  AttentionSweep &sweep;
  const int64_t rows, step, group, valueWidth, blockKeys;
  mlir::Value sequenceIndex, keyHead;
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
  void loadQueries(AttentionSweep::Part &part, mlir::Value matrix, mlir::Value scale);
  void packTile(tile::ViewOp view, tile::MapOp map, mlir::Value tile, int64_t depth, const Step &at);
  void emitRange(mlir::Value begin, mlir::Value end, bool full);
  void emitRanges();
  void storeRows();

  mlir::Value firstRow;
  mlir::LogicalResult status = mlir::success();
};

mlir::LogicalResult emitPrefill(VectorBuilder &builder, AttentionSweep &sweep);
mlir::LogicalResult emitDecode(VectorBuilder &builder, AttentionSweep &sweep);

} // namespace attn

#endif // ATTN_LOWERING_CPU_ATTENTIONTASK_H
