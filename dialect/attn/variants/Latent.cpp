//===- Latent.cpp - what `latent` begins ---===//

#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>

using namespace mlir;
using namespace attn;

LogicalResult LatentOp::verify() {
  Checks checks;
  checks.add(verifyProduct(*this, getQuery(), getLatent()));          // (C1)
  checks.add(verifyProduct(*this, getRotaryQuery(), getRotaryKey())); // (C1)
  if (getWidth() < 1)                                                 // (C2)
    checks.add(emitOpError() << "expects `width` of at least 1, that of the keys which the latent stands for, but got "
                             << getWidth() << "; write it, for the scale is one over its root");
  std::pair<Value, Value> sharing[] = {{getQuery(), getRotaryQuery()}, {getLatent(), getRotaryKey()}};
  for (auto [x, y] : sharing)
    if (isOfAttention(x.getType()) && isOfAttention(y.getType()) &&
        failed(verifyCompatibleShape(dataShape(x.getType()).drop_back(), dataShape(y.getType()).drop_back()))) // (C3)
      checks.add(emitOpError() << "expects both parts to share rows and heads, but got " << x.getType() << " and "
                               << y.getType() << "; make them one");
  return checks;
}

void LatentOp::begin(GenericBuilder &generic) {
  generic.addPart(getQuery(), getLatent());
  generic.addPart(getRotaryQuery(), getRotaryKey());
  ImplicitLocOpBuilder &b = generic.outside();
  double width = static_cast<double>(getWidth()) + dataShape(getRotaryQuery().getType()).back();
  generic.setScale(getScale()
                       ? Value(getScale())
                       : arith::ConstantOp::create(b, b.getF32FloatAttr(static_cast<float>(1.0 / std::sqrt(width)))));
}
