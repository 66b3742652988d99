//===- Power.cpp - what `power` begins ---===//

#include "dialect/attn/Variants.h"

using namespace mlir;
using namespace attn;

LogicalResult PowerOp::verify() {
  Checks checks;
  if (static_cast<int64_t>(getDegree()) < 1) // (C3)
    checks.add(emitOpError() << "expects a degree of at least 1, but got " << static_cast<int64_t>(getDegree())
                             << "; write 1 for the plain product");
  checks.add(verifyProduct(*this, getQuery(), getKey())); // (C1), (C2)
  return checks;
}

void PowerOp::begin(GenericBuilder &generic) {
  generic.addPart(getQuery(), getKey());
  generic.setScale(scaleOrDefault(generic, getScale(), getQuery()));
  generic.setPower(getDegree());
}
