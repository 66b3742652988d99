//===- SlidingWindow.cpp - what `sliding_window` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

/// Positions and reaches stay below this, so that i − left and i + right cannot leave i32.
static constexpr int64_t maximumReach = int64_t(1) << 30;

LogicalResult SlidingWindowOp::verify() {
  Checks checks;
  if (bool(getWindow()) == bool(getLeft())) // (C1)
    checks.add(emitOpError() << "expects either `window` or `left` and `right`, but got "
                             << (getWindow() ? "all of them" : "none")
                             << (getWindow() ? "; leave out the one or the other" : "; give the one or the other"));
  auto check = [&](Value operand, StringRef name, int64_t least, StringRef remedy) { // (C2)
    checks.add(verifyConstant(*this, operand, name, {least, maximumReach}, remedy));
  };
  check(getWindow(), "window", 1, "a window of 1 sees only itself");
  check(getLeft(), "left", 0, "0 sees no earlier key");
  check(getRight(), "right", 0, "0 sees no later key");
  return checks;
}

void SlidingWindowOp::contribute(GenericBuilder &generic) {
  generic.narrowMask([&](ScalarBuilder &b) -> Value {
    using Predicate = arith::CmpIPredicate;
    if (getWindow()) {
      // j stands alone on its side here, too.
      Value before = arith::SubIOp::create(b, b.i, b.capture(getWindow()));
      Value recent = arith::CmpIOp::create(b, Predicate::sgt, b.j, before);
      return arith::AndIOp::create(b, recent, arith::CmpIOp::create(b, Predicate::sle, b.j, b.i));
    }
    return b.isWithin(b.capture(getLeft()), b.capture(getRight()));
  });
}
