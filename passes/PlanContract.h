//===- PlanContract.h - what plans of linear and row-wise kernels say -*- C++ -*-===//
//
// For these kernels a plan reads as follows. Nests of loops: form `loops`; a task has `rows` rounds of the grid's last
// dimension, and `keys` is 0. Linear layers: form `vector` (few rows, weights read once, straight from
// their blocks) or `matrix`; a task has `rows` rows (`vector`: all, written 0) and `keys` output features. Row-wise
// kernels: form `rows`; a task has `rows` rows, and `keys` is 0.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_PLANCONTRACT_H
#define ATTN_PASSES_PLANCONTRACT_H

#include "dialect/nn/NN.h"
#include "dialect/tile/Tile.h"

namespace attn {

/// The rows of a row-wise kernel: the leading `rank` sizes of an argument. Of two or more, the first is a dimension of
/// the grid; tasks cut the others, whose rows are counted as if they were of one dimension.
struct RowSpace {
  unsigned argument, rank;

  /// The first of the dimensions that tasks cut.
  unsigned firstCut() const { return rank > 1 ? 1 : 0; }
};

/// Finds the rows of a kernel that holds row-wise ops; emits an error on it where it has none.
llvm::FailureOr<RowSpace> rowSpaceOf(tile::KernelOp kernel);

} // namespace attn

#endif // ATTN_PASSES_PLANCONTRACT_H
