//===- Biased.cpp - what `biased` adds to the generic form ---===//

#include "dialect/attn/Axes.h"
#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

LogicalResult BiasedOp::verify() { return verifyAxes(*this, "bias", getBias(), getAxes(), getScores()); } // (C1)

void BiasedOp::contribute(GenericBuilder &generic) {
  generic.changeScore([&](ScalarBuilder &b, Value score) -> Value {
    return arith::AddFOp::create(b, score, loadAlong(b, getBias(), getAxes()));
  });
}
