//===- Alibi.cpp ---===//

#include "dialect/attn/Attn.h"

using namespace mlir;
using namespace attn;

void AlibiOp::contribute(GenericBuilder &) {}
LogicalResult AlibiOp::verify() { return success(); }
