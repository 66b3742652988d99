//===- Masked.cpp - what `masked` adds to the generic form ---===//

#include "dialect/attn/Axes.h"
#include "dialect/attn/Variants.h"

using namespace mlir;
using namespace attn;

LogicalResult MaskedOp::verify() { return verifyAxes(*this, "mask", getMask(), getAxes(), getScores()); } // (C1)

void MaskedOp::contribute(GenericBuilder &generic) {
  generic.narrowMask([&](ScalarBuilder &b) { return loadAlong(b, getMask(), getAxes()); });
}
