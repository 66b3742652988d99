//===- Softmax.cpp ---===//

#include "dialect/attn/Attn.h"

using namespace mlir;
using namespace attn;

LogicalResult SoftmaxOp::verify() { return success(); }
void SoftmaxOp::finish(GenericBuilder &) {}
void SoftmaxOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &) {}
