//===- NNElementwise.cpp - what elementwise ops compute, on scalars ---===//
//
// Made of arith, and of math.exp, tanh and erf: what every kernel has on vectors.
//
//===----------------------------------------------------------------------===//

#include "dialect/nn/NN.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <cmath>

using namespace mlir;
using namespace attn;
using namespace attn::nn;

namespace {
/// f32 arithmetic as it is written.
struct Scalars : ImplicitLocOpBuilder {
  Scalars(OpBuilder &at, Location location) : ImplicitLocOpBuilder(location, at) {}

  Value f32(double value) { return arith::ConstantOp::create(*this, getF32FloatAttr(value)); }
  Value add(Value x, Value y) { return arith::AddFOp::create(*this, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(*this, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(*this, x, y); }
  /// 1 + e^−x.
  Value onePlusExpOfMinus(Value x) { return add(f32(1), math::ExpOp::create(*this, arith::NegFOp::create(*this, x))); }
};
} // namespace

//===----------------------------------------------------------------------===//
// Functions of one number
//===----------------------------------------------------------------------===//

/// x / (1 + e^−x): where the power overflows, x / ∞ is the 0 that it should be.
Value nn::buildSilu(OpBuilder &builder, Location location, Value x) {
  Scalars b(builder, location);
  return b.div(x, b.onePlusExpOfMinus(x));
}

Value SiluOp::buildScalar(OpBuilder &builder, ValueRange scalars) { return buildSilu(builder, getLoc(), scalars[0]); }

Value ReluOp::buildScalar(OpBuilder &builder, ValueRange scalars) {
  Scalars b(builder, getLoc());
  return arith::MaximumFOp::create(b, scalars[0], b.f32(0));
}

Value SigmoidOp::buildScalar(OpBuilder &builder, ValueRange scalars) {
  Scalars b(builder, getLoc());
  return b.div(b.f32(1), b.onePlusExpOfMinus(scalars[0]));
}

Value TanhOp::buildScalar(OpBuilder &builder, ValueRange scalars) {
  return math::TanhOp::create(builder, getLoc(), scalars[0]);
}

Value ExpOp::buildScalar(OpBuilder &builder, ValueRange scalars) {
  return math::ExpOp::create(builder, getLoc(), scalars[0]);
}

/// x/2 (1 + erf x/√2), or with tanh: neither leaves [−1, 1], so that nothing below 0 is given a positive value. The
/// factor x stops at −6, where the sum no longer changes: −∞ has the limit, −0, where the formula has none. Below 0 the
/// error is absolute, 5e-7 at most.
Value GeluOp::buildScalar(OpBuilder &builder, ValueRange scalars) {
  Scalars b(builder, getLoc());
  Value x = scalars[0], odd;
  if (getForm() == GeluForm::exact) {
    odd = math::ErfOp::create(b, b.mul(x, b.f32(std::sqrt(0.5))));
  } else {
    Value cube = b.mul(b.mul(x, x), x);
    Value inner = b.add(x, b.mul(cube, b.f32(0.044715)));
    odd = math::TanhOp::create(b, b.mul(inner, b.f32(std::sqrt(2 / M_PI))));
  }
  Value least = b.f32(-6), isBelow = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, least);
  Value factor = arith::SelectOp::create(b, isBelow, least, x);
  return b.mul(b.mul(factor, b.f32(0.5)), b.add(b.f32(1), odd));
}

/// The result's type rounds.
Value CastOp::buildScalar(OpBuilder &, ValueRange scalars) { return scalars[0]; }

Value ScaleOp::buildScalar(OpBuilder &builder, ValueRange scalars) {
  Scalars b(builder, getLoc());
  return b.mul(scalars[0], arith::ConstantOp::create(b, getFactorAttr()));
}

//===----------------------------------------------------------------------===//
// Functions of two
//===----------------------------------------------------------------------===//

Value AddOp::buildScalar(OpBuilder &builder, ValueRange scalars) {
  return arith::AddFOp::create(builder, getLoc(), scalars[0], scalars[1]);
}

Value SubOp::buildScalar(OpBuilder &builder, ValueRange scalars) {
  return arith::SubFOp::create(builder, getLoc(), scalars[0], scalars[1]);
}

Value MulOp::buildScalar(OpBuilder &builder, ValueRange scalars) {
  return arith::MulFOp::create(builder, getLoc(), scalars[0], scalars[1]);
}

Value AddVectorOp::buildScalar(OpBuilder &builder, ValueRange scalars) {
  return arith::AddFOp::create(builder, getLoc(), scalars[0], scalars[1]);
}

Value MulVectorOp::buildScalar(OpBuilder &builder, ValueRange scalars) {
  return arith::MulFOp::create(builder, getLoc(), scalars[0], scalars[1]);
}
