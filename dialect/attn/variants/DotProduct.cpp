//===- DotProduct.cpp ---===//

#include "dialect/attn/Attn.h"

using namespace mlir;
using namespace attn;

LogicalResult DotProductOp::verify() { return success(); }
void DotProductOp::begin(GenericBuilder &) {}
