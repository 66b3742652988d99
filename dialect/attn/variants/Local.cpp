//===- Local.cpp - what `local` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

#include <limits>

using namespace mlir;
using namespace attn;

LogicalResult LocalOp::verify() { // (C1)
  return verifyConstant(*this, getWindow(), "window", {1, std::numeric_limits<int32_t>::max()},
                        "a window of 1 sees only itself");
}

void LocalOp::contribute(GenericBuilder &generic) {
  generic.narrowMask([&](ScalarBuilder &b) { return b.isAround(getWindow()); });
}
