//===- Rotary.cpp ---===//

#include "dialect/attn/Attn.h"

using namespace mlir;
using namespace attn;

LogicalResult RotaryOp::verify() { return success(); }
