//===- QueryModulated.cpp - what `query_modulated` stands for ---===//

#include "dialect/attn/Layers.h"

using namespace mlir;
using namespace attn;

LogicalResult QueryModulatedOp::verify() {
  Checks checks;
  checks.add(verifyNumbers(*this, {getQuery(), getInput()}));
  ArrayRef<int64_t> query = getQuery().getType().getShape(), input = getInput().getType().getShape();
  if (query.size() != input.size() || !sizesFit(query.drop_back(), input.drop_back())) // (C1)
    checks.add(emitOpError() << "expects query and output to share rows and heads, but got " << getQuery().getType()
                             << " and " << getInput().getType() << "; make them one");
  if (query.size() == input.size() && !input.empty())
    checks.add(verifyHeadMatrices(*this, getQuery(), getWeight(), input.back())); // (C2)
  return checks;
}

FailureOr<SmallVector<Value>> QueryModulatedOp::expand(OpBuilder &builder) {
  nn::GraphBuilder b(builder, getLoc());
  return SmallVector<Value>{gateHeads(b, getQuery(), getWeight(), getInput(), getOutput().getType())};
}
