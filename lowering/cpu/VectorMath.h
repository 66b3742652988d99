//===- VectorMath.h - elementary functions and sums as vector code -*- C++ -*-===//
//
// Kernels have no library to call, so that what other compilers take from libm is built here from arithmetic. Every
// function takes and gives a vector of f32 of any length; none uses fast-math flags, so that results are the same
// whatever the optimiser does.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_CPU_VECTORMATH_H
#define ATTN_LOWERING_CPU_VECTORMATH_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace attn {

/// A constant of the type of `like`, scalar or vector, integer or float.
mlir::Value constantLike(mlir::ImplicitLocOpBuilder &b, mlir::Value like, double value);

/// `value` in each of `lanes` lanes.
mlir::Value splat(mlir::ImplicitLocOpBuilder &b, mlir::Value value, int64_t lanes);

/// 2^x, to 2 units in the last place; 0 below −126.5 and for −∞, +∞ above 127.5; NaN stays.
mlir::Value exp2(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
/// e^x likewise.
mlir::Value exp(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
/// tanh x, to 2⁻²² of 1.
mlir::Value tanh(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
/// The error function, to 3e-7.
mlir::Value erf(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
/// The natural logarithm of a positive normal number, to 3 units in the last place.
mlir::Value log(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
/// x rounded to the nearest integer, ties to even, for |x| < 2²².
mlir::Value roundEven(mlir::ImplicitLocOpBuilder &b, mlir::Value x);

struct SinCos {
  mlir::Value sin, cos;
};
/// sin and cos of 2π·turns for a vector of f64, |turns| < 2⁵⁰, as vectors of f32.
SinCos sincosTurns(mlir::ImplicitLocOpBuilder &b, mlir::Value turns);

/// The sum of all lanes, pairwise, in a fixed order.
mlir::Value sumLanes(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
/// The greatest lane.
mlir::Value maxLanes(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
/// Lane i of the result is the sum of all lanes of vectors[i], for 1, 2 or 4 vectors.
mlir::Value sumLanesOfEach(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange vectors);

} // namespace attn

#endif // ATTN_LOWERING_CPU_VECTORMATH_H
