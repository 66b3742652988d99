//===- Sink.cpp - what `sink` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

using namespace mlir;
using namespace attn;

LogicalResult SinkOp::verify() {
  Checks checks;
  checks.add(verifyOnly<SinkOp>(*this, "sink", "a row has one normaliser: leave one out")); // (C3)
  checks.add(verifyPerHead(*this, "logits", getLogits(), getScores()));                     // (C1)
  return checks;
}

void SinkOp::contribute(GenericBuilder &generic) { generic.setSink(getLogits()); }
