//===- Decay.cpp - what `decay` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

using namespace mlir;
using namespace attn;

LogicalResult DecayOp::verify() {
  int64_t rank = dataShape(getGates().getType()).size();
  bool isCache = isa<CacheType>(getGates().getType()), isLearned = isa<nn::WeightType>(getGates().getType());
  Checks checks;
  if (isCache ? rank != 4 : rank < 1 || rank > (isLearned ? 1 : 3)) // (C1)
    checks.add(
        emitOpError() << "expects gates of (sequence, position, key head), (row, key head) when packed, or "
                         "(key head), which a weight is, or a cache of (sequence, position, key head, 1), but got "
                      << getGates().getType() << "; give them one of these shapes");
  if (!dataElementType(getGates().getType()).isF32()) // (C1)
    checks.add(emitOpError() << "expects gates of f32, whose sums round otherwise, but got " << getGates().getType()
                             << "; keep them in a cache of f32 whatever the keys' is");
  checks.add(verifyOnly<DecayOp>(*this, "decay", "add the gates up before")); // (C2)
  return checks;
}

void DecayOp::contribute(GenericBuilder &generic) { generic.setGates(getGates()); }
