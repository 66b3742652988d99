//===- Dilated.cpp - what `dilated` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <limits>

using namespace mlir;
using namespace attn;

LogicalResult DilatedOp::verify() { // (C1)
  return verifyConstant(*this, getDilation(), "dilation", {1, std::numeric_limits<int32_t>::max()},
                        "a dilation of 1 keeps every key");
}

void DilatedOp::contribute(GenericBuilder &generic) {
  // i mod r = j mod r rather than (i − j) mod r = 0: one side depends on the row only, the other on the key only, so
  // that neither is divided once a pair. Positions before the first key are negative, keys never are.
  generic.narrowMask([&](ScalarBuilder &b) -> Value {
    Value dilation = b.divisor(getDilation());
    Value whole = arith::MulIOp::create(b, arith::FloorDivSIOp::create(b, b.i, dilation), dilation);
    Value ofRow = arith::SubIOp::create(b, b.i, whole), ofKey = arith::RemSIOp::create(b, b.j, dilation);
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, ofKey, ofRow);
  });
}
