//===- KeyHeads.h - the heads that attention's tasks are counted by -*- C++ -*-===//

#ifndef ATTN_PASSES_KEYHEADS_H
#define ATTN_PASSES_KEYHEADS_H

#include "dialect/attn/Attn.h"

#include <numeric>

namespace attn {

inline int64_t headsOf(mlir::Value data) { return dataShape(data.getType()).rbegin()[1]; }

/// The least number of heads of which each key part's and the value's are a whole share: a task has the query heads of
/// one of them, so that all its rows read the same head of every part.
inline int64_t taskHeads(GenericOp generic) {
  int64_t heads = headsOf(generic.getValue());
  for (mlir::Value keys : generic.getKeys())
    heads = std::lcm(heads, headsOf(keys));
  return heads;
}

} // namespace attn

#endif // ATTN_PASSES_KEYHEADS_H
