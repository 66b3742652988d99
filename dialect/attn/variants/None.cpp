//===- None.cpp - what `none` finishes ---===//

#include "dialect/attn/Variants.h"

using namespace mlir;
using namespace attn;

LogicalResult NoneOp::verify() {
  Checks checks;
  checks.add(verifyStates(*this, getForm(), getState(), getFinal(), /*parts=*/1)); // (C3), (C4)
  checks.add(verifyOutput(*this, getValue(), getOutput()));                        // (C1), (C2)
  return checks;
}

void NoneOp::finish(GenericBuilder &generic) {
  generic.setValue(getValue());
  generic.setSequences(getSequences());
  generic.setWeighting(Weighting::linear, Normalizer::none);
  generic.setState(getState(), getFinal().getTypes(), getSwitchOver()); // (C5): (C14) of attn.generic
  generic.setForm(getFormAttr());
  generic.setResultTypes(getOutput().getType(), Type());
}

void NoneOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  addChainReads(*this, effects);
}
