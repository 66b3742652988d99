//===- RowWiseGroups.h - row-wise ops that can run as one kernel -*- C++ -*-===//

#ifndef ATTN_PASSES_ROWWISEGROUPS_H
#define ATTN_PASSES_ROWWISEGROUPS_H

#include "passes/Dimensions.h"
#include "passes/Passes.h"

#include <vector>

namespace attn {

/// Gathers the row-wise ops of a block into groups over the same rows. A group runs where its last op stands, so an op
/// joins the latest group over its rows such that nothing in between needs what the group gives or writes.
class RowWiseGroups {
public:
  explicit RowWiseGroups(Dimensions &dimensions) : dimensions(dimensions) {}

  /// Adds the next op of the block.
  mlir::LogicalResult add(RowWiseOpInterface op);

  /// The groups, each in the order of the block, with the views between their ops.
  std::vector<llvm::SmallVector<mlir::Operation *>> take();

private:
  struct Group {
    Dimensions::Sizes rows;
    llvm::SmallVector<mlir::Operation *> ops;
    llvm::SmallPtrSet<mlir::Operation *, 8> members;
    llvm::SmallPtrSet<mlir::Value, 4> written; ///< caches that it appends to
  };

  bool mayRunAt(const Group &group, mlir::Operation *op) const;
  void insert(Group &group, mlir::Operation *op);

  Dimensions &dimensions;
  std::vector<Group> groups;
};

} // namespace attn

#endif // ATTN_PASSES_ROWWISEGROUPS_H
