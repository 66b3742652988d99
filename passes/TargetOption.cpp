//===- TargetOption.cpp - the machine that a pass is told to work for ---===//

#include "passes/TargetOption.h"

using namespace mlir;
using namespace attn;

FailureOr<Target> attn::parseTargetOption(Operation *op, StringRef text) {
  std::string why;
  FailureOr<Target> target = Target::parse(text, &why);
  if (failed(target))
    return emitError(op->getLoc()) << why;
  return target;
}
