//===- Softcap.cpp ---===//

#include "dialect/attn/Attn.h"

using namespace mlir;
using namespace attn;

LogicalResult SoftcapOp::verify() { return success(); }
void SoftcapOp::contribute(GenericBuilder &) {}
