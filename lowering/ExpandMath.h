//===- ExpandMath.h - functions of math become arithmetic -*- C++ -*-===//

#ifndef ATTN_LOWERING_EXPANDMATH_H
#define ATTN_LOWERING_EXPANDMATH_H

#include "mlir/IR/Operation.h"

namespace attn {

/// Every function of math on f32, and the remainder, become arithmetic on scalars or vectors under `root`: a kernel has
/// no library to call. Each is within 1e-6 of its own value (near 0, too) but near another zero, where that is of what
/// the argument's own magnitude makes, and for x^y, which errs by 6e-8·|y ln x|.
mlir::LogicalResult expandMath(mlir::Operation *root);

} // namespace attn

#endif // ATTN_LOWERING_EXPANDMATH_H
