//===- SlidingWindow.cpp ---===//

#include "dialect/attn/Attn.h"

using namespace mlir;
using namespace attn;

LogicalResult SlidingWindowOp::verify() { return success(); }
void SlidingWindowOp::contribute(GenericBuilder &) {}
