//===- Block.cpp - what `block` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <limits>

using namespace mlir;
using namespace attn;

LogicalResult BlockOp::verify() { // (C1)
  return verifyConstant(*this, getSize(), "size", {1, std::numeric_limits<int32_t>::max()},
                        "in blocks of 1 a query sees only itself");
}

void BlockOp::contribute(GenericBuilder &generic) {
  generic.narrowMask([&](ScalarBuilder &b) -> Value {
    Value size = b.divisor(getSize());
    // Keys are not negative: rounding to zero rounds down.
    Value ofKey = arith::DivSIOp::create(b, b.j, size), ofRow = arith::FloorDivSIOp::create(b, b.i, size);
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, ofKey, ofRow);
  });
}
