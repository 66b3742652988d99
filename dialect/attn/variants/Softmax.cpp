//===- Softmax.cpp - what `softmax` finishes ---===//

#include "dialect/attn/Variants.h"

using namespace mlir;
using namespace attn;

LogicalResult SoftmaxOp::verify() { return verifyOutput(*this, getValue(), getOutput()); }

void SoftmaxOp::finish(GenericBuilder &generic) {
  generic.setValue(getValue());
  generic.setSequences(getSequences());
  generic.setWeighting(Weighting::exp, Normalizer::sum);
  generic.setResultTypes(getOutput().getType(), getLse() ? getLse().getType() : Type());
}

void SoftmaxOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  addChainReads(*this, effects);
}
