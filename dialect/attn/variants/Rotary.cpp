//===- Rotary.cpp - the verifier of `rotary` ---===//

#include "dialect/attn/Checks.h"

using namespace mlir;
using namespace attn;

LogicalResult RotaryOp::verify() {
  auto type = cast<ShapedType>(getInput().getType());
  Checks checks;
  checks.add(verifyNumbers(*this, getInput()));
  if (!(getBase().convertToDouble() > 0)) // (C2)
    checks.add(emitOpError() << "expects a positive base, but got " << getBase().convertToDouble()
                             << "; write the base of the angles, as 10000.0");
  if (type.getRank() < 3 || type.isDynamicDim(type.getRank() - 1)) {
    checks.add(emitOpError() << "expects an input of (…, position, head, width) with a static width, but got " << type
                             << "; split features into heads by nn.split_heads, and write the width as a number");
    return checks;
  }
  int64_t features = type.getShape().back(), width = getWidth().value_or(features);
  if (width <= 0 || width % 2 != 0 || width > features) // (C1)
    checks.add(emitOpError() << "expects a rotated width that is even, positive and at most " << features
                             << ", but got " << width << "; write such a `width`; features behind it stay as they are");
  return checks;
}
