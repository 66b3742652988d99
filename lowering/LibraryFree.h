//===- LibraryFree.h - a kernel has no library to call -*- C++ -*-===//

#ifndef ATTN_LOWERING_LIBRARYFREE_H
#define ATTN_LOWERING_LIBRARYFREE_H

#include "passes/Target.h"

#include "mlir/IR/Operation.h"

namespace attn {

/// Refuses, on the first such op under `root`, what code generation would turn into a call: what a region wrote and the
/// lowering could not expand.
mlir::LogicalResult checkLibraryFree(mlir::Operation *root, Target::Device device);

} // namespace attn

#endif // ATTN_LOWERING_LIBRARYFREE_H
