//===- Mixed.cpp - what `mixed` stands for ---===//

#include "dialect/attn/Layers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

LogicalResult MixedOp::verify() {
  Checks checks;
  checks.add(verifyNumbers(*this, {getInput(), getAttended(), getOutput()}));
  ArrayRef<int64_t> input = getInput().getType().getShape(), attended = getAttended().getType().getShape();
  bool haveRows = input.size() >= 2 && input.size() == attended.size();
  if (!haveRows || !sizesFit(input.drop_back(), attended.drop_back())) // (C1)
    checks.add(emitOpError() << "expects an input (…, D) and an output (…, D') of the same rows, but got "
                             << getInput().getType() << " and " << getAttended().getType() << "; make their rows one");
  if (!haveRows)
    return checks;
  ArrayRef<int64_t> projection = learnedShape(getProjection()), gate = learnedShape(getGate());
  if (projection != ArrayRef<int64_t>({attended.back(), input.back()})) // (C2)
    checks.add(emitOpError() << "expects a projection of " << attended.back() << "x" << input.back() << ", but got "
                             << getProjection().getType() << "; write !nn.weight<" << attended.back() << "x"
                             << input.back() << ">");
  if (gate.size() != 2 || gate[1] != input.back() || (gate[0] != attended.back() && gate[0] != 1)) // (C2)
    checks.add(emitOpError() << "expects a gate of " << attended.back() << "x" << input.back() << ", or 1x"
                             << input.back() << " for the whole vector, but got " << getGate().getType()
                             << "; write one of these types");
  else if (getBias() && learnedShape(getBias()) != ArrayRef(gate[0])) // (C2)
    checks.add(emitOpError() << "expects a bias of " << gate[0] << " elements, but got " << getBias().getType()
                             << "; write !nn.weight<" << gate[0] << ">");
  return checks;
}

FailureOr<SmallVector<Value>> MixedOp::expand(OpBuilder &builder) {
  nn::GraphBuilder b(builder, getLoc());
  // Both are rounded once, with their sum.
  Value projected = b.linear(getInput(), getProjection(), Value(), b.getF32Type());
  Value gate = b.linear(getInput(), getGate(), getBias(), b.getF32Type());
  unsigned rank = getOutput().getType().getRank();
  auto ofGate = b.loopRange(0, rank);
  if (learnedShape(getGate())[0] == 1)
    ofGate.back() = b.fixed(0);
  return SmallVector<Value>{b.map(
      getOutput().getType(), {{getAttended(), b.loopRange(0, rank)}, {projected, b.loopRange(0, rank)}, {gate, ofGate}},
      [&](const nn::LoopScalars &at) -> Value {
        // 1 − σ(z) is σ(−z), which has all its digits where the gate is all but open.
        Value open = b.sigmoid(at.elements[2]), shut = b.sigmoid(arith::NegFOp::create(b, at.elements[2]));
        return arith::AddFOp::create(b, arith::MulFOp::create(b, open, at.elements[0]),
                                     arith::MulFOp::create(b, shut, at.elements[1]));
      })};
}
