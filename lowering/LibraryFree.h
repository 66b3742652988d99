//===- LibraryFree.h - a kernel has no library to call -*- C++ -*-===//

#ifndef ATTN_LOWERING_LIBRARYFREE_H
#define ATTN_LOWERING_LIBRARYFREE_H

#include "passes/Target.h"

#include "mlir/IR/Operation.h"

namespace attn {

/// Refuses every op in a region of an `attn.generic` under `root` that no lowering will make instructions of, and says
/// which region it is in: all that a program's regions wrote for nothing, before any kernel is made.
mlir::LogicalResult checkRegions(mlir::Operation *root, Target::Device device);

/// Refuses every op under `root`, a kernel or a module of them, that code generation would turn into a call.
mlir::LogicalResult checkLibraryFree(mlir::Operation *root, Target::Device device);

} // namespace attn

#endif // ATTN_LOWERING_LIBRARYFREE_H
