//===- Dropout.cpp - what `dropout` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace attn;

LogicalResult DropoutOp::verify() {
  FloatAttr constant;
  if (matchPattern(getProbability(), m_Constant(&constant)) &&
      !(constant.getValueAsDouble() >= 0 && constant.getValueAsDouble() < 1)) // (C1)
    return emitOpError() << "expects p of at least 0 and below 1, but got " << constant.getValueAsDouble()
                         << "; it is the share of weights that are left out: write 0.1 for a tenth";
  return success();
}

void DropoutOp::contribute(GenericBuilder &generic) {
  generic.grow(RegionKind::factor, [&](ScalarBuilder &b, ValueRange) -> Value {
    Value p = arith::MaximumFOp::create(b, b.capture(getProbability()), b.f32(0));
    Value drawn = RandomOp::create(b, b.getF32Type(), b.capture(getSeed()), b.n, b.h, b.i, b.j);
    Value isKept = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, drawn, p);
    Value factor = arith::DivFOp::create(b, b.f32(1), arith::SubFOp::create(b, b.f32(1), p));
    return arith::SelectOp::create(b, isKept, factor, b.f32(0));
  });
}
