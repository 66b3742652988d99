//===- Gated.cpp - what `gated` stands for ---===//

#include "dialect/attn/Layers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

LogicalResult GatedOp::verify() {
  Checks checks;
  checks.add(verifyNumbers(*this, {getInput(), getHeads(), getOutput()}));
  ArrayRef<int64_t> input = getInput().getType().getShape(), heads = getHeads().getType().getShape();
  ArrayRef<int64_t> output = getOutput().getType().getShape();
  bool hasHeads = heads.size() >= 3 && input.size() + 1 == heads.size() && !ShapedType::isDynamic(heads.back()) &&
                  !ShapedType::isDynamic(heads.rbegin()[1]);
  if (!hasHeads || !sizesFit(input.drop_back(), heads.drop_back(2))) // (C1)
    checks.add(
        emitOpError() << "expects an input (…, D) and heads (…, H, e) of the same rows, with static H and e, but got "
                      << getInput().getType() << " and " << getHeads().getType()
                      << "; make their rows one, and write H and e as numbers");
  if (!hasHeads)
    return checks;
  int64_t count = heads.rbegin()[1], features = count * heads.back();
  ArrayRef<int64_t> weight = learnedShape(getWeight());
  if (weight.size() != 2 || weight[1] != input.back() || (weight[0] != features && weight[0] != count)) // (C2)
    checks.add(emitOpError() << "expects a weight of " << features << "x" << input.back() << ", a gate an element, or "
                             << count << "x" << input.back() << ", a gate a head, but got " << getWeight().getType()
                             << "; write one of these types");
  else if (getBias() && learnedShape(getBias()) != ArrayRef(weight[0])) // (C2)
    checks.add(emitOpError() << "expects a bias of " << weight[0] << " elements, but got " << getBias().getType()
                             << "; write !nn.weight<" << weight[0] << ">");
  if (output.size() != input.size() || !sizesFit(output.drop_back(), input.drop_back()) ||
      output.back() != features) // (C3)
    checks.add(emitOpError() << "expects a result with the heads' rows and " << features << " features, but got "
                             << getOutput().getType() << "; give the result these sizes");
  return checks;
}

FailureOr<SmallVector<Value>> GatedOp::expand(OpBuilder &builder) {
  nn::GraphBuilder b(builder, getLoc());
  auto heads = getHeads().getType();
  Value gate = b.linear(getInput(), getWeight(), getBias(), b.getF32Type()); // rounded once, with what it gates
  RankedTensorType type = getOutput().getType();
  if (learnedShape(getWeight())[0] == type.getShape().back() && gate.getType() == type &&
      heads.getElementType() == type.getElementType()) {
    // A gate an element: all of it joins the epilogue of the linear layer.
    Value merged = nn::MergeHeadsOp::create(b, type, getHeads());
    return SmallVector<Value>{nn::MulOp::create(b, type, nn::SigmoidOp::create(b, type, gate), merged)};
  }
  unsigned rank = heads.getRank(), gateRank = rank - 1;
  if (learnedShape(getWeight())[0] == type.getShape().back()) {
    gate = nn::SplitHeadsOp::create(
        b, b.tensorOf(heads.getShape(), cast<RankedTensorType>(gate.getType()).getElementType()), gate);
    gateRank = rank;
  }
  Value gated = b.map(b.tensorOf(heads.getShape(), type.getElementType()),
                      {{getHeads(), b.loopRange(0, rank)}, {gate, b.loopRange(0, gateRank)}},
                      [&](const nn::LoopScalars &at) -> Value {
                        return arith::MulFOp::create(b, at.elements[0], b.sigmoid(at.elements[1]));
                      });
  return SmallVector<Value>{nn::MergeHeadsOp::create(b, type, gated)};
}
