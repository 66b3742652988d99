//===- Homogeneous.cpp - attention whose result a factor of all weights does not change ---===//

#include "passes/Homogeneous.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <cmath>

using namespace mlir;
using namespace attn;

bool attn::isHomogeneous(GenericOp generic) {
  return generic.getWeighting() == Weighting::linear && generic.getNormalizer() == Normalizer::sum &&
         !generic.getEpsilon();
}

void attn::dropScale(GenericOp generic) {
  if (!isHomogeneous(generic) || !generic.getScore().empty())
    return;
  int64_t width = 0;
  for (Value key : generic.getKeys())
    width += dataShape(key.getType()).back();
  ImplicitLocOpBuilder b(generic.getLoc(), generic);
  auto number = [&](double value) -> Value {
    return arith::ConstantOp::create(b, b.getF32FloatAttr(static_cast<float>(value)));
  };
  Value scale = generic.getScale(), zero = number(0), product = arith::MulFOp::create(b, scale, zero);
  Value isFinite = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, product, zero);
  Value isNonzero = arith::CmpFOp::create(b, arith::CmpFPredicate::ONE, scale, zero);
  Value hasNoEffect = arith::AndIOp::create(b, isFinite, isNonzero);
  Value unit = number(1 / std::sqrt(static_cast<double>(width)));
  generic.getScaleMutable().assign(arith::SelectOp::create(b, hasNoEffect, unit, scale));
}
