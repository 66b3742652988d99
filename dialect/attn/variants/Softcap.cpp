//===- Softcap.cpp - what `softcap` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace attn;

LogicalResult SoftcapOp::verify() { return verifyPositive(*this, getCap(), "cap"); } // (C1)

void SoftcapOp::contribute(GenericBuilder &generic) {
  generic.changeScore([&](ScalarBuilder &b, Value score) -> Value {
    Value cap = b.capture(getCap());
    Value bounded = math::TanhOp::create(b, arith::DivFOp::create(b, score, cap));
    return b.unlessMasked(score, arith::MulFOp::create(b, cap, bounded));
  });
}
