//===- Retention.cpp - what `retention` begins ---===//

#include "dialect/attn/Variants.h"

using namespace mlir;
using namespace attn;

LogicalResult RetentionOp::verify() { return verifyProduct(*this, getQuery(), getKey()); } // (C1), (C2)

void RetentionOp::begin(GenericBuilder &generic) {
  generic.addPart(getQuery(), getKey());
  generic.setScale(scaleOrDefault(generic, getScale(), getQuery()));
  // (C3): products of both signs have no sum to divide by.
  generic.expectWeighting(Weighting::linear, Normalizer::none, getLoc());
}
