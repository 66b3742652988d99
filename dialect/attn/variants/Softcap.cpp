//===- Softcap.cpp - what `softcap` adds to the generic form ---===//

#include "dialect/attn/Attn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace attn;

LogicalResult SoftcapOp::verify() {
  FloatAttr cap;
  if (matchPattern(getCap(), m_Constant(&cap)) && !(cap.getValueAsDouble() > 0)) // (C1)
    return emitOpError() << "expects a positive cap, but got " << cap.getValueAsDouble()
                         << "; leave the op out where scores are not to be bounded";
  return success();
}

void SoftcapOp::contribute(GenericBuilder &generic) {
  generic.changeScore([&](ScalarBuilder &b, Value score) -> Value {
    Value cap = b.capture(getCap());
    Value bounded = math::TanhOp::create(b, arith::DivFOp::create(b, score, cap));
    return arith::MulFOp::create(b, cap, bounded);
  });
}
