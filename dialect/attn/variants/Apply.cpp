//===- Apply.cpp ---===//

#include "dialect/attn/Attn.h"

using namespace mlir;
using namespace attn;

void ApplyOp::contribute(GenericBuilder &) {}
LogicalResult ApplyOp::verifySymbolUses(SymbolTableCollection &) { return success(); }
