//===- OverlappedBlock.cpp - what `overlapped_block` stands for ---===//

#include "dialect/attn/Layers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

#include <limits>

using namespace mlir;
using namespace attn;

LogicalResult OverlappedBlockOp::verify() {
  Checks checks;
  checks.add(verifyOutput(*this, getValue(), getOutput()));
  LogicalResult isInRange = verifyConstant(*this, getSize(), "size", {1, std::numeric_limits<int32_t>::max()}, // (C1)
                                           "blocks of 2 are the smallest that overlap by half");
  checks.add(isInRange);
  APInt size;
  if (succeeded(isInRange) && matchPattern(getSize(), m_ConstantInt(&size)) && size[0]) // (C1)
    checks.add(emitOpError() << "expects an even size, whose halves overlap, but got " << size.getSExtValue()
                             << "; write an even number");
  return checks;
}

FailureOr<SmallVector<Value>> OverlappedBlockOp::expand(OpBuilder &builder) {
  auto attend = [&](bool isLater) -> Value {
    UnitAttr later = isLater ? builder.getUnitAttr() : UnitAttr(),
             earlier = isLater ? UnitAttr() : builder.getUnitAttr();
    Value scores = BlockOp::create(builder, getLoc(), getScores().getType(), getScores(), getSize(), earlier, later);
    return SoftmaxOp::create(builder, getLoc(), getOutput().getType(), Type(), scores, getValue(), getSequences())
        .getOutput();
  };
  Value later = attend(true), earlier = attend(false);
  nn::GraphBuilder b(builder, getLoc());
  auto all = b.loopRange(0, getOutput().getType().getRank());
  return SmallVector<Value>{
      b.map(getOutput().getType(), {{later, all}, {earlier, all}}, [&](const nn::LoopScalars &at) -> Value {
        return arith::AddFOp::create(b, at.elements[0], at.elements[1]);
      })};
}
