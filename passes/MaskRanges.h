//===- MaskRanges.h - the keys that a tile of rows meets, in scalar code -*- C++ -*-===//

#ifndef ATTN_PASSES_MASKRANGES_H
#define ATTN_PASSES_MASKRANGES_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Region.h"

namespace attn {

/// The rows of a tile: positions first ≤ i ≤ last of sequence n, each by `heads` heads from `firstHead` on, and how
/// many keys there are (0 where no row exists). Values are of type index.
struct RowSpan {
  mlir::Value sequence, first, last, keyCount, firstHead;
  int64_t heads;
};

/// Keys begin ≤ j < end; in a full range every row admits every key, and its length is a multiple of the step.
struct KeyRange {
  mlir::Value begin, end;
  bool isFull;
};

/// Emits the code that computes the ranges of a tile: disjoint, within [0, keyCount), full ones first, and the ones of
/// a kind in ascending order; a range whose end is not after its begin is empty. A key outside all of them is admitted
/// by no row. `mask` is a region (n, h, i, j, captures…) → i1, or null where there is none; `captures` are the values
/// that its trailing arguments stand for. `obstacle` gets the op that the analysis could not see through, or null.
llvm::SmallVector<KeyRange> emitKeyRanges(mlir::ImplicitLocOpBuilder &builder, mlir::Region *mask,
                                          mlir::ValueRange captures, const RowSpan &rows, int64_t step,
                                          mlir::Operation *&obstacle);

} // namespace attn

#endif // ATTN_PASSES_MASKRANGES_H
