//===- Decay.cpp - what `decay` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

using namespace mlir;
using namespace attn;

LogicalResult DecayOp::verify() {
  int64_t rank = dataShape(getGates().getType()).size();
  bool isCache = isa<CacheType>(getGates().getType());
  if (isCache ? rank != 4 : rank < 1 || rank > 3) // (C1)
    return emitOpError() << "expects gates of (sequence, position, key head), (row, key head) when packed, or "
                            "(key head), or a cache of (sequence, position, key head, 1), but got "
                         << getGates().getType();
  if (!dataElementType(getGates().getType()).isF32()) // (C1)
    return emitOpError() << "expects gates of f32, whose sums round otherwise, but got " << getGates().getType()
                         << "; keep them in a cache of f32 whatever the keys' is";
  for (Operation *op : chainBehind(getScores())) { // (C2)
    if (!isa<DecayOp>(op))
      continue;
    InFlightDiagnostic error = emitOpError() << "expects to be the only decay of its chain; add the gates up before";
    error.attachNote(op->getLoc()) << "the other one is here";
    return error;
  }
  return success();
}

void DecayOp::contribute(GenericBuilder &generic) { generic.setGates(getGates()); }
