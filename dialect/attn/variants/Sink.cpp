//===- Sink.cpp - what `sink` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

using namespace mlir;
using namespace attn;

LogicalResult SinkOp::verify() {
  for (Operation *op : chainBehind(getScores())) { // (C3)
    if (!isa<SinkOp>(op))
      continue;
    InFlightDiagnostic error = emitOpError() << "expects to be the only sink of its chain; a row has one normaliser";
    error.attachNote(op->getLoc()) << "the other one is here";
    return error;
  }
  return verifyPerHead(*this, "logits", getLogits(), getScores()); // (C1)
}

void SinkOp::contribute(GenericBuilder &generic) { generic.setSink(getLogits()); }
