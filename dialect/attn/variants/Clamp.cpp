//===- Clamp.cpp - what `clamp` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

LogicalResult ClampOp::verify() { return verifyPositive(*this, getBound(), "bound"); } // (C1)

void ClampOp::contribute(GenericBuilder &generic) {
  generic.changeScore([&](ScalarBuilder &b, Value score) -> Value {
    Value bound = b.capture(getBound());
    Value above = arith::MaximumFOp::create(b, score, arith::NegFOp::create(b, bound));
    return b.unlessMasked(score, arith::MinimumFOp::create(b, above, bound));
  });
}
