//===- AttentionSweep.h - the parts of a forward sweep -*- C++ -*-===//

#ifndef ATTN_LOWERING_ATTENTIONSWEEP_H
#define ATTN_LOWERING_ATTENTIONSWEEP_H

#include "dialect/tile/Tile.h"

namespace attn {

/// A target lowers a sweep as a whole: these are the ops of a kernel that `attn-tile` made, by their part in it.
struct AttentionSweep {
  /// One term of the sum that a score is: scale · query · keyᵀ, or what the dot's body says of pairs of features.
  struct Part {
    tile::ViewOp query, key;
    tile::MapOp queryMap, keyMap; // null: features meet as they are
    tile::DotOp dot;
  };

  tile::KernelOp kernel;
  tile::RowsOp rows;
  tile::SweepOp sweep;
  llvm::SmallVector<Part, 2> parts;
  tile::MapOp score; // null: the scores are the products
  tile::MaskOp mask;
  tile::NormalizeOp normalize;
  tile::MapOp factor; // null: weights meet values as they are
  tile::ViewOp value;
  tile::FinishOp finish;
  tile::MapOp sink; // null: no sink joins the normaliser
  tile::StoreOp output;
  tile::StoreOp logSumExp; // null: not asked for

  int64_t rowCount() { return mlir::cast<tile::RowsType>(rows.getType()).getCount(); }
  int64_t step() { return sweep.getStep(); }
  int64_t width(tile::ViewOp view) { return mlir::cast<tile::ViewType>(view.getType()).getShape().back(); }
  /// Whether weights are exponentials, relative to a running maximum; else they are the scores.
  bool isExp() { return normalize.getWeighting() == Weighting::exp; }
  /// The type in which weights enter the product with values.
  mlir::Type weightType();
  /// Whether a mask region may refuse pairs in partial ranges.
  bool hasMaskRegion() { return !mask.getBody().empty(); }

  /// Finds the parts; an error on the op that is out of place.
  static mlir::FailureOr<AttentionSweep> match(tile::KernelOp kernel);
};

} // namespace attn

#endif // ATTN_LOWERING_ATTENTIONSWEEP_H
