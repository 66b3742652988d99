//===- Additive.cpp - what `additive` begins ---===//

#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace attn;

LogicalResult AdditiveOp::verify() {
  Checks checks;
  checks.add(verifyProduct(*this, getQuery(), getKey())); // (C1)
  ArrayRef<int64_t> weights = dataShape(getWeights().getType()), query = dataShape(getQuery().getType());
  ArrayRef<int64_t> key = dataShape(getKey().getType());
  if (weights.size() != 1) // (C2)
    checks.add(emitOpError() << "expects weights of rank 1, one for each feature, but got " << getWeights().getType()
                             << "; write one number a feature");
  else if (!query.empty() && query.take_back(1) == key.take_back(1) && !ShapedType::isDynamic(weights[0]) &&
           weights[0] != query.back()) // (C2)
    checks.add(emitOpError() << "expects a weight for each of " << query.back() << " features, but got "
                             << getWeights().getType() << "; write one number a feature");
  return checks;
}

void AdditiveOp::begin(GenericBuilder &generic) {
  generic.addPart(getQuery(), getKey());
  ImplicitLocOpBuilder &outside = generic.outside();
  generic.setScale(arith::ConstantOp::create(outside, outside.getF32FloatAttr(1)));
  generic.grow(RegionKind::pair, [&](ScalarBuilder &b, ValueRange arguments) -> Value {
    Value query = arguments[0], key = arguments[1], feature = arguments[2];
    Value bounded = math::TanhOp::create(b, arith::AddFOp::create(b, query, key));
    return arith::MulFOp::create(b, b.load(getWeights(), feature), bounded);
  });
  if (getBias())
    generic.changeScore(
        [&](ScalarBuilder &b, Value score) -> Value { return arith::AddFOp::create(b, score, b.capture(getBias())); });
}
