//===- QkNorm.cpp - what `qk_norm` stands for ---===//

#include "dialect/attn/Layers.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace attn;

LogicalResult QkNormOp::verify() {
  Checks checks;
  checks.add(verifyNumbers(*this, getInput()));
  if (!(getEpsilon().convertToFloat() > 0)) // (C3)
    checks.add(emitOpError() << "expects a positive `epsilon`, but got " << getEpsilon().convertToFloat()
                             << "; write a small one, as 1.0e-6");
  ArrayRef<int64_t> shape = getInput().getType().getShape();
  if (!isOfAttention(getInput().getType()) || ShapedType::isDynamic(shape.back()) ||
      ShapedType::isDynamic(shape[shape.size() - 2])) { // (C1)
    checks.add(
        emitOpError() << "expects (sequence, position, head, width), or (row, head, width) when packed, with static "
                         "heads and width, but got "
                      << getInput().getType()
                      << "; split features into heads by nn.split_heads, and write heads and width as numbers");
    return checks;
  }
  ArrayRef<int64_t> gain = learnedShape(getGain());
  if (gain != shape.take_back(1) && gain != shape.take_back(2)) // (C2)
    checks.add(emitOpError() << "expects a gain for each of " << shape.back()
                             << " features, of all heads or of each of " << shape[shape.size() - 2] << ", but got "
                             << getGain().getType() << "; write !nn.weight<" << shape.back() << "> or !nn.weight<"
                             << shape[shape.size() - 2] << "x" << shape.back() << ">");
  return checks;
}

FailureOr<SmallVector<Value>> QkNormOp::expand(OpBuilder &builder) {
  nn::GraphBuilder b(builder, getLoc());
  RankedTensorType type = getInput().getType();
  unsigned rank = type.getRank(), reduced = rank - 1;
  auto ofHead = b.loopRange(0, rank);
  RankedTensorType perHead = b.tensorOf(type.getShape().drop_back(), b.getF32Type());
  Value squares = b.sumOfProducts(perHead, 1, {{getInput(), ofHead}, {getInput(), ofHead}});
  unsigned gainRank = learnedShape(getGain()).size();
  double width = type.getShape().back(), epsilon = getEpsilon().convertToFloat();
  Value result = b.map(
      type,
      {{getInput(), ofHead}, {squares, b.loopRange(0, reduced)}, {getGain(), b.loopRange(rank - gainRank, gainRank)}},
      [&](const nn::LoopScalars &at) -> Value {
        Value mean = arith::MulFOp::create(b, at.elements[1], b.f32(1 / width));
        Value root = math::SqrtOp::create(b, arith::AddFOp::create(b, mean, b.f32(epsilon)));
        Value scaled = arith::DivFOp::create(b, at.elements[0], root);
        return arith::MulFOp::create(b, scaled, at.elements[2]);
      });
  return SmallVector<Value>{result};
}
