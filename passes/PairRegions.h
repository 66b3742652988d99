//===- PairRegions.h - the regions of attn.generic as code of a task -*- C++ -*-===//
//
// A region of the generic form asks for rows, key rows and counts of its sequence; code of a task has them as captured
// scalars. Tiling and what lowers pairs without tiles read the same copies.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_PAIRREGIONS_H
#define ATTN_PASSES_PAIRREGIONS_H

#include "passes/MaskRanges.h"
#include "passes/SequenceScalars.h"

namespace attn {

/// A region of scalars that ends in tile.yield, and the values of its last arguments.
struct ScalarCode {
  mlir::Region region;
  llvm::SmallVector<mlir::Value> captures;
  bool empty() { return region.empty(); }
};

/// Copies of the regions; the power of linear weights stands at the end of the score region, w = s^p, and the factor
/// takes the weight that it multiplies in front.
struct PairRegions {
  ScalarCode pair, features, score, mask, factor;
};

/// Fills `to` for the sequence whose scalars are given; captured scalars are built where `builder` stands. On failure
/// an error stands on the op that asks for another sequence.
mlir::LogicalResult copyRegions(mlir::ImplicitLocOpBuilder &builder, GenericOp generic, const SequenceScalars &sequence,
                                PairRegions &to);

/// x^power of an f32 x and a power of at least 1, by squares.
mlir::Value buildPower(mlir::ImplicitLocOpBuilder &b, mlir::Value x, int64_t power);

/// The ranges of a tile's keys; a remark names the op that the analysis of the mask could not see through.
llvm::SmallVector<KeyRange> emitKeyRanges(mlir::ImplicitLocOpBuilder &builder, ScalarCode &mask, const RowSpan &rows,
                                          int64_t step);

} // namespace attn

#endif // ATTN_PASSES_PAIRREGIONS_H
