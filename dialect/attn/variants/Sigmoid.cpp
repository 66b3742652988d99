//===- Sigmoid.cpp - what `sigmoid` finishes ---===//

#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace attn;

LogicalResult SigmoidOp::verify() { return verifyOutput(*this, getValue(), getOutput()); } // (C1), (C2)

void SigmoidOp::finish(GenericBuilder &generic) {
  generic.setValue(getValue());
  generic.setSequences(getSequences());
  generic.setWeighting(Weighting::linear, Normalizer::none);
  generic.setResultTypes(getOutput().getType(), Type());
  generic.changeScore([&](ScalarBuilder &b, Value score) -> Value {
    Value exponent = arith::NegFOp::create(b, score), one = b.f32(1);
    if (getBias()) {
      Value e = math::ExpOp::create(b, arith::SubFOp::create(b, exponent, b.capture(getBias())));
      return arith::DivFOp::create(b, one, arith::AddFOp::create(b, one, e));
    }
    // e^(log S_n) is S_n itself.
    Value keys = arith::SIToFPOp::create(b, b.getF32Type(), CountOp::create(b, b.getI32Type(), /*keys=*/true, b.n));
    Value e = arith::MulFOp::create(b, keys, math::ExpOp::create(b, exponent));
    return arith::DivFOp::create(b, one, arith::AddFOp::create(b, one, e));
  });
}

void SigmoidOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  addChainReads(*this, effects);
}
