//===- Masked.cpp ---===//

#include "dialect/attn/Attn.h"

using namespace mlir;
using namespace attn;

void MaskedOp::contribute(GenericBuilder &) {}
LogicalResult MaskedOp::verify() { return success(); }
