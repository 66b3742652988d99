//===- VectorMath.h - sums and choices over the lanes of vectors -*- C++ -*-===//
//
// What the elementary functions (lowering/Elementary.h) are on one lane, these are over all of a vector's.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_CPU_VECTORMATH_H
#define ATTN_LOWERING_CPU_VECTORMATH_H

#include "lowering/Elementary.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace attn {

/// `value` in each of `lanes` lanes.
mlir::Value splat(mlir::ImplicitLocOpBuilder &b, mlir::Value value, int64_t lanes);

/// The sum of all lanes, pairwise, in a fixed order.
mlir::Value sumLanes(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
/// The greatest lane.
mlir::Value maxLanes(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
/// Lane i of the result is the sum of all lanes of vectors[i], for 1, 2 or 4 vectors.
mlir::Value sumLanesOfEach(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange vectors);

} // namespace attn

#endif // ATTN_LOWERING_CPU_VECTORMATH_H
