//===- Sum.cpp - what `sum` finishes ---===//

#include "dialect/attn/Variants.h"

using namespace mlir;
using namespace attn;

LogicalResult SumOp::verify() {
  Checks checks;
  if (getEpsilon() && !(getEpsilon()->convertToFloat() >= 0)) // (C4)
    checks.add(emitOpError() << "expects `epsilon` of at least 0, but got " << getEpsilon()->convertToFloat()
                             << "; leave it out, or write a small one");
  checks.add(verifyStates(*this, getForm(), getState(), getFinal(), /*parts=*/2)); // (C3), (C5)
  checks.add(verifyOutput(*this, getValue(), getOutput()));                        // (C1), (C2)
  return checks;
}

void SumOp::finish(GenericBuilder &generic) {
  generic.setValue(getValue());
  generic.setSequences(getSequences());
  generic.setWeighting(Weighting::linear, Normalizer::sum);
  if (getEpsilon())
    generic.setEpsilon(getEpsilon()->convertToFloat());
  generic.setState(getState(), getFinal().getTypes(), getSwitchOver()); // (C6): (C14) of attn.generic
  generic.setForm(getFormAttr());
  generic.setResultTypes(getOutput().getType(), Type());
}

void SumOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  addChainReads(*this, effects);
}
