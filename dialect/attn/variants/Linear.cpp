//===- Linear.cpp - what `linear` begins ---===//

#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace attn;

LogicalResult LinearOp::verify() {
  StringRef feature = getFeature().value_or("elu1");
  Checks checks;
  if (feature != "elu1" && feature != "relu" && feature != "identity" && feature != "exp") // (C3)
    checks.add(emitOpError() << "expects `feature` to be \"elu1\", \"relu\", \"identity\" or \"exp\", but got \""
                             << feature << "\"; write one of them");
  checks.add(verifyProduct(*this, getQuery(), getKey())); // (C1), (C2)
  return checks;
}

void LinearOp::begin(GenericBuilder &generic) {
  generic.addPart(getQuery(), getKey());
  ImplicitLocOpBuilder &b = generic.outside();
  generic.setScale(arith::ConstantOp::create(b, b.getF32FloatAttr(1)));
  StringRef feature = getFeature().value_or("elu1");
  if (feature == "identity")
    return;
  generic.grow(RegionKind::features, [&](ScalarBuilder &b, ValueRange arguments) -> Value {
    Value x = arguments.front();
    if (feature == "exp")
      return math::ExpOp::create(b, x);
    auto constant = [&](float value) -> Value { return arith::ConstantOp::create(b, b.getF32FloatAttr(value)); };
    Value zero = constant(0), isPositive = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x, zero);
    if (feature == "relu")
      return arith::SelectOp::create(b, isPositive, x, zero);
    Value above = arith::AddFOp::create(b, x, constant(1)), below = math::ExpOp::create(b, x);
    return arith::SelectOp::create(b, isPositive, above, below);
  });
}
