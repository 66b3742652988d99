//===- Biased.cpp - what `biased` adds to the generic form ---===//

#include "dialect/attn/Axes.h"
#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

LogicalResult BiasedOp::verify() {
  Checks checks;
  if (!isNumber(dataElementType(getBias().getType()))) // (C2)
    checks.add(emitOpError() << "expects a bias of f32, bf16 or f16, but got " << getBias().getType()
                             << "; convert it before, or take pairs out by attn.masked");
  checks.add(verifyAxes(*this, "bias", getBias(), getAxes(), getScores())); // (C1)
  return checks;
}

void BiasedOp::contribute(GenericBuilder &generic) {
  generic.changeScore([&](ScalarBuilder &b, Value score) -> Value {
    return arith::AddFOp::create(b, score, loadAlong(b, getBias(), getAxes()));
  });
}
