//===- Relu.cpp - what `relu` finishes ---===//

#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

LogicalResult ReluOp::verify() {
  Checks checks;
  if (getPower() != 1 && getPower() != 2) // (C3)
    checks.add(emitOpError() << "expects `power` 1 or 2, but got " << getPower() << "; write one of them");
  checks.add(verifyOutput(*this, getValue(), getOutput())); // (C1), (C2)
  return checks;
}

void ReluOp::finish(GenericBuilder &generic) {
  generic.setValue(getValue());
  generic.setSequences(getSequences());
  generic.setWeighting(Weighting::linear, Normalizer::none);
  generic.setResultTypes(getOutput().getType(), Type());
  generic.changeScore([&](ScalarBuilder &b, Value score) -> Value {
    Value keys = arith::SIToFPOp::create(b, b.getF32Type(), CountOp::create(b, b.getI32Type(), /*keys=*/true, b.n));
    Value weight = arith::MaximumFOp::create(b, score, b.f32(0));
    if (getPower() == 2)
      weight = arith::MulFOp::create(b, weight, weight);
    return arith::DivFOp::create(b, weight, keys);
  });
}

void ReluOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  addChainReads(*this, effects);
}
