//===- GlobalLocal.cpp - what `global_local` adds to the generic form ---===//

#include "dialect/attn/Axes.h"
#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <limits>

using namespace mlir;
using namespace attn;

LogicalResult GlobalLocalOp::verify() {
  Checks checks;
  checks.add(verifyConstant(*this, getWindow(), "window", {1, std::numeric_limits<int32_t>::max()}, // (C1)
                            "a window of 1 sees only itself"));
  checks.add(verifyAxes(*this, "mask of queries", getQueries(), "n t", getScores())); // (C2)
  checks.add(verifyAxes(*this, "mask of keys", getKeys(), "n s", getScores()));       // (C2)
  return checks;
}

void GlobalLocalOp::contribute(GenericBuilder &generic) {
  generic.narrowMask([&](ScalarBuilder &b) -> Value {
    Value isNear = b.isAround(getWindow());
    Value isGlobalQuery = loadAlong(b, getQueries(), "n t"), isGlobalKey = loadAlong(b, getKeys(), "n s");
    return arith::OrIOp::create(b, isNear, arith::OrIOp::create(b, isGlobalQuery, isGlobalKey));
  });
}
