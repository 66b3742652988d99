//===- NNLora.cpp - what nn.lora stands for ---===//

#include "dialect/attn/Checks.h"
#include "dialect/nn/GraphBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;
using namespace attn::nn;

static ArrayRef<int64_t> weightShape(Value weight) { return cast<WeightType>(weight.getType()).getShape(); }

LogicalResult LoraOp::verify() {
  ArrayRef<int64_t> input = getInput().getType().getShape(), base = getBase().getType().getShape();
  ArrayRef<int64_t> down = weightShape(getDown()), up = weightShape(getUp());
  int64_t rank = getRank();
  Checks checks;
  checks.add(verifyNumbers(*this, {getInput(), getBase()}));
  if (input.size() < 2 || base.size() != input.size()) { // (C1)
    checks.add(emitOpError() << "expects an input (n, …, in) and a base (n, …, out) of one rank, but got "
                             << getInput().getType() << " and " << getBase().getType() << "; make their ranks one");
    return checks;
  }
  if (down.size() != 2 || up.size() != 2 || down[1] != input.back() || up[0] != base.back() || down[0] != up[1] ||
      down[0] % rank != 0) // (C2)
    checks.add(emitOpError() << "expects adapters (K·" << rank << ", " << input.back() << ") and (" << base.back()
                             << ", K·" << rank << "), but got " << getDown().getType() << " and " << getUp().getType()
                             << "; write K adapters of this rank one behind the other");
  int64_t indices = getIndex().getType().getShape()[0];
  if (indices != 1 && indices != input[0]) // (C3)
    checks.add(emitOpError() << "expects an index for each sequence of " << getInput().getType()
                             << ", or one for all of them, but got " << getIndex().getType()
                             << "; a sequence without an index has no adapter to take: give each one");
  return checks;
}

/// All adapters' A x, of which those of other adapters are replaced by 0 before B: the sum over K·r is that of one.
FailureOr<SmallVector<Value>> LoraOp::expand(OpBuilder &builder) {
  GraphBuilder b(builder, getLoc());
  Value all = b.linear(getInput(), getDown());
  auto type = cast<RankedTensorType>(all.getType());
  unsigned feature = type.getRank() - 1;
  int64_t rank = getRank();
  double scale = getAlpha().convertToDouble() / static_cast<double>(rank);
  AffineExpr sequence = getIndex().getType().getDimSize(0) == 1 ? b.fixed(0) : b.loop(0);
  LoopInput index{getIndex(), {sequence}};
  Value own = b.map(type, {{all, b.loopRange(0, type.getRank())}, index}, [&](const LoopScalars &at) -> Value {
    // A feature is positive: rounding to zero rounds down.
    Value adapter = arith::DivSIOp::create(b, at.indices[feature], b.i32(rank));
    Value isOwn = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, adapter, at.elements[1]);
    Value scaled = arith::MulFOp::create(b, at.elements[0], b.f32(scale));
    return arith::SelectOp::create(b, isOwn, scaled, b.f32(0));
  });
  Value added = b.linear(own, getUp());
  if (added.getType() != getResult().getType())
    added = CastOp::create(b, getResult().getType(), added);
  return SmallVector<Value>{AddOp::create(b, getResult().getType(), getBase(), added)};
}
