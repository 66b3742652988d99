//===- Prefix.cpp - what `prefix` adds to the generic form ---===//

#include "dialect/attn/Axes.h"
#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

LogicalResult PrefixOp::verify() { // (C1)
  if (cast<ShapedType>(getLengths().getType()).getRank() == 1)
    return success();
  return emitOpError() << "expects lengths of rank 1, one for each sequence, but got " << getLengths().getType()
                       << "; write one length a sequence";
}

void PrefixOp::contribute(GenericBuilder &generic) {
  generic.narrowMask([&](ScalarBuilder &b) -> Value {
    using Predicate = arith::CmpIPredicate;
    Value past = arith::CmpIOp::create(b, Predicate::sle, b.j, b.i);
    Value given = arith::CmpIOp::create(b, Predicate::slt, b.j, loadAlong(b, getLengths(), "n"));
    return arith::OrIOp::create(b, past, given);
  });
}
