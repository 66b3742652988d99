//===- PairCode.h - what becomes of a pair's score, on lanes -*- C++ -*-===//
//
// The regions of scalars that look at pairs, −∞, weighting and normaliser: the same code whatever stands in the lanes
// (queries, features or keys), and whether weights meet values or are the result.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_CPU_PAIRCODE_H
#define ATTN_LOWERING_CPU_PAIRCODE_H

#include "dialect/attn/Attn.h"
#include "lowering/cpu/LaneProduct.h"
#include "passes/MaskRanges.h"

#include "mlir/IR/IRMapping.h"

namespace attn {

class PairCode {
public:
  /// A body of scalars and the values of its last arguments; none where `block` is null.
  struct Body {
    mlir::Block *block = nullptr;
    llvm::SmallVector<mlir::Value> captures = {};
    explicit operator bool() const { return block; }
  };
  struct Form {
    Weighting weighting;
    Normalizer normalizer;
    std::optional<llvm::APFloat> epsilon;
    Body score, mask, factor;
  };

protected:
  /// Pairs of the sequence `sequenceIndex`.
  PairCode(VectorBuilder &builder, Form form, mlir::Value sequenceIndex)
      : b(builder), form(std::move(form)), sequenceIndex(sequenceIndex) {}

  /// A step of a range: its first key, the end of the range, and how many rows of the tiles are used, in whole blocks;
  /// rows at or beyond the end are zero. `full` as in tile.sweep.
  struct Step {
    mlir::Value firstKey, end, count;
    bool full;
  };
  /// The pairs that stand in the lanes: i32, vectors or scalars.
  struct Pairs {
    mlir::Value h, i, j;
  };

  /// Whether weights are exponentials, relative to a running maximum; else they are the scores.
  bool isExp() const { return form.weighting == Weighting::exp; }
  /// What scores are multiplied by before any region sees them: the scale, and log₂e of exponentials where no score
  /// region comes between.
  mlir::Value scoreScale(mlir::Value scale);

  /// One term of the scores in scratch: queries (rows, padded width) and a step's keys (step, padded width).
  struct Part {
    LaneProduct product;
    mlir::Value queries, keys;
    /// What its products are multiplied by; null where the queries were.
    mlir::Value factor;
    int64_t width, paddedWidth;
    /// What pairs of features add up to in place of products.
    Body pair;
  };
  /// sum + query · key, or what the part's body says of the pair; `feature` is the number of the first one in the
  /// lanes, which are features where `areFeatures` and queries or keys otherwise.
  mlir::Value addTerm(Part &part, mlir::Value query, mlir::Value key, mlir::Value feature, bool areFeatures,
                      mlir::Value sum);
  /// sum + factor · products, for a part's products; a null sum is 0.
  mlir::Value addPart(const Part &part, mlir::Value products, mlir::Value sum);

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
  bool hasChanges(const Step &at) { return form.score || !at.full; }
  /// 2^(scores − subtrahend), or without a subtrahend the scores themselves, 0 where they are −∞.
  mlir::Value weightsOf(mlir::Value scores, mlir::Value subtrahend, const Step &at);
  /// The weights as they meet the values, beside the normaliser. What weighs nothing stays 0, whatever its factor is.
  mlir::Value timesFactor(mlir::Value weights, const Pairs &pairs);
  /// A maximum of −∞ is read as 0 where it is subtracted: −∞ − 0 gives weight 0, and −∞ − −∞, which is NaN, never
  /// occurs.
  mlir::Value subtrahendOf(mlir::Value maximum);

  /// What the state of rows comes to, on lanes: what their weights are multiplied by, 0 where nothing has weight, and
  /// the log-sum-exp. A sink (null: none) joins here; maximum and scores are times log₂e, the sink is not.
  struct Normalizers {
    mlir::Value inverseSum, logSum;
  };
  Normalizers finishState(mlir::Value maximum, mlir::Value sum, mlir::Value sink);

  /// What a region gives for `leading` and then its captures, as a vector; where it has no form on lanes the task
  /// fails.
  mlir::Value inlined(mlir::Block &body, mlir::ValueRange leading, mlir::ValueRange captures,
                      const mlir::IRMapping &known = mlir::IRMapping());
  /// The same for a region that takes n, h, i, j behind `leading`.
  mlir::Value inlinedAt(const Body &body, mlir::ValueRange leading, const Pairs &pairs,
                        const mlir::IRMapping &known = mlir::IRMapping());

  VectorBuilder &b;
  const Form form;
  mlir::Value sequenceIndex;
  mlir::LogicalResult status = mlir::success();
};

/// Runs `code` for each range in turn. Neighbouring ranges of one kind share it: a loop over them reads their bounds
/// from scratch.
void forEachRange(VectorBuilder &b, llvm::ArrayRef<KeyRange> ranges,
                  llvm::function_ref<void(mlir::Value begin, mlir::Value end, bool full)> code);

} // namespace attn

#endif // ATTN_LOWERING_CPU_PAIRCODE_H
