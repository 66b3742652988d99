//===- SlidingWindow.cpp - what `sliding_window` adds to the generic form ---===//

#include "dialect/attn/Attn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace attn;

/// Positions and reaches stay below this, so that i − left and i + right cannot leave i32.
static constexpr int64_t maximumReach = int64_t(1) << 30;

LogicalResult SlidingWindowOp::verify() {
  if (bool(getWindow()) == bool(getLeft())) // (C1)
    return emitOpError() << "expects either `window` or `left` and `right`, but got "
                         << (getWindow() ? "all of them" : "none");
  auto checkConstant = [&](Value operand, StringRef name, int64_t least, StringRef remedy) -> LogicalResult { // (C2)
    IntegerAttr constant;
    if (!operand || !matchPattern(operand, m_Constant(&constant)))
      return success();
    if (constant.getInt() < least || constant.getInt() > maximumReach)
      return emitOpError() << "expects `" << name << "` between " << least << " and " << maximumReach << ", but got "
                           << constant.getInt() << "; " << remedy;
    return success();
  };
  if (failed(checkConstant(getWindow(), "window", 1, "a window of 1 sees only itself")) ||
      failed(checkConstant(getLeft(), "left", 0, "0 sees no earlier key")))
    return failure();
  return checkConstant(getRight(), "right", 0, "0 sees no later key");
}

void SlidingWindowOp::contribute(GenericBuilder &generic) {
  generic.narrowMask([&](ScalarBuilder &b) -> Value {
    using Predicate = arith::CmpIPredicate;
    // j stands alone on its side: the form that the analysis of mask ranges reads.
    if (getWindow()) {
      Value before = arith::SubIOp::create(b, b.i, b.capture(getWindow()));
      Value recent = arith::CmpIOp::create(b, Predicate::sgt, b.j, before);
      return arith::AndIOp::create(b, recent, arith::CmpIOp::create(b, Predicate::sle, b.j, b.i));
    }
    Value first = arith::SubIOp::create(b, b.i, b.capture(getLeft()));
    Value last = arith::AddIOp::create(b, b.i, b.capture(getRight()));
    return arith::AndIOp::create(b, arith::CmpIOp::create(b, Predicate::sge, b.j, first),
                                 arith::CmpIOp::create(b, Predicate::sle, b.j, last));
  });
}
