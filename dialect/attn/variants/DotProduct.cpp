//===- DotProduct.cpp - what `dot_product` begins ---===//

#include "dialect/attn/Variants.h"

using namespace mlir;
using namespace attn;

LogicalResult DotProductOp::verify() { return verifyProduct(*this, getQuery(), getKey()); }

void DotProductOp::begin(GenericBuilder &generic) {
  generic.addPart(getQuery(), getKey());
  generic.setScale(scaleOrDefault(generic, getScale(), getQuery()));
}
