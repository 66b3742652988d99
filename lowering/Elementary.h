//===- Elementary.h - elementary functions as arithmetic -*- C++ -*-===//
//
// Kernels have no library to call, so that what other compilers take from libm is built here from arithmetic. Every
// function takes and gives an f32 or a vector of f32 of any length; none uses fast-math flags, so that results are the
// same whatever the optimiser does. Accuracies were measured against f64 on all or a dense part of the arguments.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_ELEMENTARY_H
#define ATTN_LOWERING_ELEMENTARY_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace attn {

/// A constant of the type of `like`, scalar or vector, integer or float.
mlir::Value constantLike(mlir::ImplicitLocOpBuilder &b, mlir::Value like, double value);

/// 2^x, to 2 units in the last place; 0 below −126.5 and for −∞, +∞ above 127.5; NaN stays.
mlir::Value exp2(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
/// e^x likewise.
mlir::Value exp(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
/// tanh x, to 3.6e-7 of itself, x where that is small; never beyond ±1; NaN stays.
mlir::Value tanh(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
/// The error function, to 4.3e-7 of itself; never beyond ±1, so that 1 + erf x is 0 or more; NaN stays.
mlir::Value erf(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
/// The natural logarithm of a positive normal number, to 3 units in the last place.
mlir::Value log(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
/// x rounded to the nearest integer, ties to even, for |x| < 2²².
mlir::Value roundEven(mlir::ImplicitLocOpBuilder &b, mlir::Value x);

struct SinCos {
  mlir::Value sin, cos;
};
/// sin and cos of 2π·turns for f64 in place of f32, |turns| < 2⁵⁰, as f32: to 3e-7 of themselves where `turns` is
/// exact, and else to what 2⁻⁵³ of `turns` makes.
SinCos sincosTurns(mlir::ImplicitLocOpBuilder &b, mlir::Value turns);

} // namespace attn

#endif // ATTN_LOWERING_ELEMENTARY_H
