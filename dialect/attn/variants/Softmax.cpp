//===- Softmax.cpp - what `softmax` finishes ---===//

#include "dialect/attn/Variants.h"

using namespace mlir;
using namespace attn;

LogicalResult SoftmaxOp::verify() {
  ArrayRef<int64_t> value = dataShape(getValue().getType()), output = getOutput().getType().getShape();
  if (value.size() < 3 || value.size() > 4 || output.size() < 3 || output.size() > 4)
    return emitOpError()
           << "expects value and output of rank 4 (sequence, position, head, width), or 3 when packed, but got "
           << getValue().getType() << " and " << getOutput().getType();
  int64_t heads = output[output.size() - 2], valueHeads = value[value.size() - 2];
  if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(valueHeads) || valueHeads == 0 ||
      heads % valueHeads != 0) // (C1)
    return emitOpError() << "expects static output heads, a multiple of the value's heads, but got "
                         << getOutput().getType() << " and " << getValue().getType();
  if (value.back() != output.back() || ShapedType::isDynamic(value.back())) // (C2)
    return emitOpError() << "expects value and output of one static width, but got " << getValue().getType() << " and "
                         << getOutput().getType();
  return success();
}

void SoftmaxOp::finish(GenericBuilder &generic) {
  generic.setValue(getValue());
  generic.setSequences(getSequences());
  generic.setWeighting(Weighting::exp, Normalizer::sum);
  generic.setResultTypes(getOutput().getType(), getLse() ? getLse().getType() : Type());
}

void SoftmaxOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  addChainReads(*this, effects);
}
