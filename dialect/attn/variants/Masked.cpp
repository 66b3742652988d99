//===- Masked.cpp - what `masked` adds to the generic form ---===//

#include "dialect/attn/Axes.h"
#include "dialect/attn/Variants.h"

using namespace mlir;
using namespace attn;

LogicalResult MaskedOp::verify() {
  Checks checks;
  if (!dataElementType(getMask().getType()).isInteger(1)) // (C3)
    checks.add(emitOpError() << "expects a mask of i1, but got " << getMask().getType()
                             << "; declare it of i1, to which attn-run takes 0 and 1 of any type, compute it by "
                                "nn.generic, or add numbers to scores by attn.biased");
  checks.add(verifyAxes(*this, "mask", getMask(), getAxes(), getScores())); // (C1)
  return checks;
}

void MaskedOp::contribute(GenericBuilder &generic) {
  generic.narrowMask([&](ScalarBuilder &b) { return loadAlong(b, getMask(), getAxes()); });
}
