//===- DotProduct.cpp - what `dot_product` begins ---===//

#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;
using namespace attn;

LogicalResult DotProductOp::verify() {
  ArrayRef<int64_t> query = dataShape(getQuery().getType()), key = dataShape(getKey().getType());
  if (query.size() < 3 || query.size() > 4 || key.size() < 3 || key.size() > 4)
    return emitOpError()
           << "expects query and key of rank 4 (sequence, position, head, width), or 3 when packed, but got "
           << getQuery().getType() << " and " << getKey().getType();
  for (Type type : {getQuery().getType(), getKey().getType()})
    if (Type element = dataElementType(type); !element.isF32() && !element.isBF16() && !element.isF16())
      return emitOpError() << "expects elements of type f32, bf16 or f16, but got " << type;
  if (query.back() != key.back() || ShapedType::isDynamic(query.back())) // (C1)
    return emitOpError() << "expects query and key of one static width, but got " << getQuery().getType() << " and "
                         << getKey().getType();
  int64_t heads = query[query.size() - 2], keyHeads = key[key.size() - 2];
  if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(keyHeads) || keyHeads == 0 || heads % keyHeads != 0) // (C2)
    return emitOpError() << "expects static query heads, a multiple of the key heads, but got " << getQuery().getType()
                         << " and " << getKey().getType();
  return success();
}

void DotProductOp::begin(GenericBuilder &generic) {
  generic.addPart(getQuery(), getKey());
  Value scale = getScale();
  if (!scale) {
    ImplicitLocOpBuilder &b = generic.outside();
    double width = dataShape(getQuery().getType()).back();
    scale = arith::ConstantOp::create(b, b.getF32FloatAttr(static_cast<float>(1.0 / std::sqrt(width))));
  }
  generic.setScale(scale);
}
