//===- Causal.cpp ---===//

#include "dialect/attn/Attn.h"

using namespace mlir;
using namespace attn;

void CausalOp::contribute(GenericBuilder &) {}
