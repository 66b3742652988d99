//===- SizeChecks.h - sizes that an op needs to be equal have one name -*- C++ -*-===//

#ifndef ATTN_PASSES_SIZECHECKS_H
#define ATTN_PASSES_SIZECHECKS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace attn {

/// Errors for all sizes of operands and results in `function` that have to be equal at run time and are called
/// differently in nn.dims, or one by a name and the other by a number: the runtime binds each name to one size, and
/// nobody compares the sizes of two names. An op whose sizes are free is always right.
llvm::LogicalResult checkSizes(mlir::func::FuncOp function);

} // namespace attn

#endif // ATTN_PASSES_SIZECHECKS_H
