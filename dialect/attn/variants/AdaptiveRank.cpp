//===- AdaptiveRank.cpp - what `adaptive_rank` stands for ---===//

#include "dialect/attn/SampledScores.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;
using namespace attn;
using nn::LoopScalars;

/// The features of scores at low rank.
static int64_t lowWidth(AdaptiveRankOp op, int64_t width) {
  double ratio = op.getRatio().convertToDouble();
  int64_t share = static_cast<int64_t>(std::floor(static_cast<double>(width) * ratio + 1e-9));
  return std::min(std::max(static_cast<int64_t>(op.getMinRank()), share), width);
}

LogicalResult AdaptiveRankOp::verify() {
  ArrayRef<int64_t> output = getOutput().getType().getShape();
  if (output.size() != 4 || ShapedType::isDynamic(output[2]))
    return emitOpError() << "expects an output of rank 4 with static heads, but got " << getOutput().getType();
  if (failed(verifyAdaptive(*this, getScores(), getSequences(), getPrevious(), getStatistics(), // (C1) (C5) (C6)
                            1 + output[2])))
    return failure();
  double ratio = getRatio().convertToDouble();
  if (!(ratio > 0 && ratio <= 1)) // (C3)
    return emitOpError() << "expects a ratio in (0, 1], but got " << ratio;
  if (static_cast<int64_t>(getMinRank()) < 1)
    return emitOpError() << "expects at least a rank of 1, but got " << getMinRank();
  if (getEstimate() != "entropy" && getEstimate() != "power" && getEstimate() != "random") // (C4)
    return emitOpError() << "expects the estimate entropy, power or random, but got " << getEstimate();
  int64_t width = dataShape(sourceOf(getScores()).getQuery().getType())[3], low = lowWidth(*this, width);
  if (learnedShape(getDown()) != ArrayRef<int64_t>({low, width})) // (C2)
    return emitOpError() << "expects a projection of " << low << "x" << width << " for a ratio of " << ratio
                         << " of width " << width << ", but got " << getDown().getType();
  return success();
}

/// x W↓ᵀ of each head: (n, T, H, d) becomes (n, T, H, t).
static Value projectHeads(nn::GraphBuilder &b, Value input, Value down) {
  auto type = cast<RankedTensorType>(input.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = learnedShape(down)[0];
  auto ofInput = b.loopRange(0, 4);
  ofInput.back() = b.loop(4);
  return b.sumOfProducts(b.tensorOf(shape, type.getElementType()), 1,
                         {{input, ofInput}, {down, {b.loop(3), b.loop(4)}}});
}

static Value attend(nn::GraphBuilder &b, AdaptiveRankOp op, bool isLow) {
  DotProductOp source = sourceOf(op.getScores());
  Value scale = source.getScale(), query = source.getQuery(), key = source.getKey();
  if (isLow) {
    if (!scale)
      scale = b.f32(1 / std::sqrt(static_cast<double>(dataShape(query.getType())[3])));
    query = projectHeads(b, query, op.getDown());
    key = projectHeads(b, key, op.getDown());
  }
  Value scores = DotProductOp::create(b, op.getScores().getType(), query, key, scale);
  return SoftmaxOp::create(b, op.getOutput().getType(), Type(), rebuildChain(b, op.getScores(), scores), op.getValue(),
                           op.getSequences())
      .getOutput();
}

/// 1 for each head of each sequence that votes for low rank, (n, H).
static Value countVotes(nn::GraphBuilder &b, AdaptiveRankOp op, SampledScores &sample) {
  Value threshold = b.f32(op.getThreshold().convertToDouble());
  auto isBelow = [&](Value x, Value bound) -> Value {
    Value holds = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, bound);
    return arith::SelectOp::create(b, holds, b.f32(1), b.f32(0));
  };
  if (op.getEstimate() == "entropy")
    return b.map(sample.perHead(), {{sample.entropy(), b.loopRange(0, 2)}},
                 [&](const LoopScalars &at) { return isBelow(at.elements[0], threshold); });
  Value sigma = sample.largestSingularValue();
  Value largest = b.fold(b.tensorOf(sample.perHead().getShape().take_front(1), b.getF32Type()), 1, b.getF32FloatAttr(0),
                         {{sigma, b.loopRange(0, 2)}}, [&](const LoopScalars &at) -> Value {
                           return arith::MaximumFOp::create(b, at.accumulator, at.elements[0]);
                         });
  return b.map(sample.perHead(), {{sigma, b.loopRange(0, 2)}, {largest, {b.loop(0)}}}, [&](const LoopScalars &at) {
    return isBelow(at.elements[0], arith::MulFOp::create(b, threshold, at.elements[1]));
  });
}

/// The flag, one i32: 1 where more than half of all heads vote for low rank.
static Value chooseRank(nn::GraphBuilder &b, AdaptiveRankOp op) {
  SampledScores sample(b, sourceOf(op.getScores()), op.getSequences());
  Value votes = countVotes(b, op, sample);
  Value sum = sample.overAll(votes, 0, [&](Value x, Value y) -> Value { return arith::AddFOp::create(b, x, y); });
  Value heads =
      sample.overAll(votes, 0, [&](Value x, Value) -> Value { return arith::AddFOp::create(b, x, b.f32(1)); });
  return b.map(b.tensorOf({1}, b.getI32Type()), {{sum, {b.loop(0)}}, {heads, {b.loop(0)}}},
               [&](const LoopScalars &at) -> Value {
                 Value twice = arith::AddFOp::create(b, at.elements[0], at.elements[0]);
                 Value isLow = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, twice, at.elements[1]);
                 return arith::ExtUIOp::create(b, b.getI32Type(), isLow);
               });
}

FailureOr<SmallVector<Value>> AdaptiveRankOp::expand(OpBuilder &builder) {
  nn::GraphBuilder b(builder, getLoc());
  int64_t width = dataShape(sourceOf(getScores()).getQuery().getType())[3];
  bool isDense = lowWidth(*this, width) == width, isLow = !isDense && getEstimate() == "random";
  Value flag, output;
  if (isDense || isLow) {
    output = attend(b, *this, isLow);
  } else {
    flag = chooseRank(b, *this);
    auto choice = nn::ChooseOp::create(b, TypeRange(getOutput().getType()), flag, 2);
    for (auto [number, region] : llvm::enumerate(choice.getCases())) {
      OpBuilder::InsertionGuard guard(b);
      b.createBlock(&region);
      nn::YieldOp::create(b, ValueRange(attend(b, *this, /*isLow=*/number == 1)));
    }
    output = choice.getResult(0);
  }
  SmallVector<nn::LoopInput> inputs;
  if (flag)
    inputs.push_back({flag, {b.fixed(0)}});
  if (getPrevious())
    inputs.push_back({getPrevious(), {b.loop(0)}});
  if (inputs.empty()) // a loop reads something
    inputs.push_back({getDown(), {b.fixed(0), b.fixed(0)}});
  Value counts = b.map(getStatistics().getType(), inputs, [&](const LoopScalars &at) -> Value {
    Value isCall = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, at.indices[0], b.i32(0));
    Value more = arith::SelectOp::create(b, isCall, b.i32(1), flag ? at.elements[0] : b.i32(isLow));
    return getPrevious() ? Value(arith::AddIOp::create(b, at.elements[flag ? 1 : 0], more)) : more;
  });
  return SmallVector<Value>{output, counts};
}
