//===- SizeChecks.h - sizes that an op needs to be equal have one name -*- C++ -*-===//

#ifndef ATTN_PASSES_SIZECHECKS_H
#define ATTN_PASSES_SIZECHECKS_H

#include "passes/Dimensions.h"

namespace attn {

/// Fails, with an error on `op`, if two sizes of its operands and results that have to be equal at run time are called
/// differently in nn.dims, or one by a name and the other by a number: the runtime binds each name to one size, and
/// nobody compares the sizes of two names. An op whose sizes are free is always right.
llvm::LogicalResult checkSizes(mlir::Operation *op, Dimensions &dimensions);

} // namespace attn

#endif // ATTN_PASSES_SIZECHECKS_H
