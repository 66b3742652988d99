//===- ScalarCode.h - code on scalars, run on vectors -*- C++ -*-===//

#ifndef ATTN_LOWERING_CPU_SCALARCODE_H
#define ATTN_LOWERING_CPU_SCALARCODE_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace attn {

/// Emits the ops of `body`, pure and on f32 scalars, on vectors of `lanes` elements, one for each of its arguments.
/// Gives the vector of `result`, a scalar of the body or from outside of it. An op without a vector form is an error.
mlir::FailureOr<mlir::Value> inlineScalars(mlir::ImplicitLocOpBuilder &builder, mlir::Block &body,
                                           mlir::ValueRange vectors, mlir::Value result, int64_t lanes);

} // namespace attn

#endif // ATTN_LOWERING_CPU_SCALARCODE_H
