//===- Causal.cpp - what `causal` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

void CausalOp::contribute(GenericBuilder &generic) {
  generic.narrowMask([](ScalarBuilder &b) { return arith::CmpIOp::create(b, arith::CmpIPredicate::sle, b.j, b.i); });
}
