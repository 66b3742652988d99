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

/// What low rank takes of the keys of `source`, at a ratio and a least rank that make sense.
static LogicalResult verifyLowRank(AdaptiveRankOp op, DotProductOp source) {
  Checks checks;
  int64_t width = dataShape(source.getQuery().getType()).back(), low = lowWidth(op, width);
  if (learnedShape(op.getDown()) != ArrayRef<int64_t>({low, width})) // (C2)
    checks.add(op.emitOpError() << "expects a projection of " << low << "x" << width << " for a ratio of "
                                << op.getRatio().convertToDouble() << " of width " << width << ", but got "
                                << op.getDown().getType() << "; write !nn.weight<" << low << "x" << width << ">");
  Type key = source.getKey().getType();
  if (isa<CacheType>(key) && !op.getLowKeys() && low != width) // (C7)
    checks.add(op.emitOpError()
               << "expects `low_keys` where keys are in a cache, since no call projects what earlier ones left; "
               << "append the products of keys and projection, an nn.generic, to a cache of width " << low
               << " and give it here");
  if (!op.getLowKeys())
    return checks;
  ArrayRef<int64_t> keys = dataShape(key), lowKeys = dataShape(op.getLowKeys().getType());
  if (lowKeys.size() != keys.size() || !sizesFit(keys.drop_back(), lowKeys.drop_back()) ||
      lowKeys.back() != low) // (C7)
    checks.add(op.emitOpError() << "expects `low_keys` with the rows and heads of the keys and width " << low
                                << ", but got " << op.getLowKeys().getType() << " beside " << key
                                << "; append the products of keys and projection to such a cache");
  return checks;
}

LogicalResult AdaptiveRankOp::verify() {
  Checks checks;
  checks.add(verifyNumbers(*this, {getValue(), getOutput()}));
  ArrayRef<int64_t> output = getOutput().getType().getShape();
  std::optional<int64_t> count;
  if (output.size() < 3 || ShapedType::isDynamic(output.rbegin()[1])) // (C6)
    checks.add(emitOpError() << "expects an output (…, head, width) with static heads, but got "
                             << getOutput().getType()
                             << "; split features into heads by nn.split_heads, and write heads as a number");
  else
    count = 1 + output.rbegin()[1];
  checks.add(verifyAdaptive(*this, getScores(), getSequences(), getPrevious(), getStatistics(), // (C1) (C5) (C6)
                            count));
  if (getEstimate() != "entropy" && getEstimate() != "power" && getEstimate() != "random") // (C4)
    checks.add(emitOpError() << "expects the estimate entropy, power or random, but got " << getEstimate()
                             << "; write one of them");
  double ratio = getRatio().convertToDouble();
  int64_t least = static_cast<int64_t>(getMinRank());
  bool isRatio = ratio > 0 && ratio <= 1;
  if (!isRatio) // (C3)
    checks.add(emitOpError() << "expects a ratio in (0, 1], but got " << ratio
                             << "; write 1.0 for attention of the whole width");
  if (least < 1)
    checks.add(emitOpError() << "expects at least a rank of 1, but got " << least << "; leave `at_least` out for 1");
  if (DotProductOp source = sourceOf(getScores()); source && isRatio && least >= 1)
    checks.add(verifyLowRank(*this, source));
  return checks;
}

/// x W↓ᵀ of each head: (…, H, d) becomes (…, H, t).
static Value projectHeads(nn::GraphBuilder &b, Value input, Value down) {
  auto type = cast<RankedTensorType>(input.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = learnedShape(down)[0];
  unsigned feature = type.getRank() - 1, reduced = feature + 1;
  auto ofInput = b.loopRange(0, reduced);
  ofInput.back() = b.loop(reduced);
  return b.sumOfProducts(b.tensorOf(shape, type.getElementType()), 1,
                         {{input, ofInput}, {down, {b.loop(feature), b.loop(reduced)}}});
}

static Value attendAt(nn::GraphBuilder &b, AdaptiveRankOp op, bool isLow, Value turns) {
  DotProductOp source = sourceOf(op.getScores());
  Value scale = source.getScale(), query = source.getQuery(), key = source.getKey();
  if (isLow) {
    if (!scale)
      scale = b.f32(1 / std::sqrt(static_cast<double>(dataShape(query.getType()).back())));
    query = projectHeads(b, query, op.getDown());
    key = op.getLowKeys() ? op.getLowKeys() : projectHeads(b, key, op.getDown());
  }
  Value scores = DotProductOp::create(b, op.getScores().getType(), query, key, scale);
  scores = maskHeads(b, b.getLoc(), rebuildChain(b, op.getScores(), scores), turns);
  return SoftmaxOp::create(b, op.getOutput().getType(), Type(), scores, op.getValue(), op.getSequences()).getOutput();
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

/// The flags, one i32 a call or a head: 1 where more than half of its votes are for low rank.
static Value chooseRank(nn::GraphBuilder &b, AdaptiveRankOp op, int64_t groups) {
  SampledScores sample(b, op.getScores(), op.getSequences());
  Value votes = countVotes(b, op, sample);
  Value sum = sample.sumOver(votes, groups), count = sample.countOver(votes, groups);
  return b.map(b.tensorOf({groups}, b.getI32Type()), {{sum, {b.loop(0)}}, {count, {b.loop(0)}}},
               [&](const LoopScalars &at) -> Value {
                 Value twice = arith::AddFOp::create(b, at.elements[0], at.elements[0]);
                 Value isLow = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, twice, at.elements[1]);
                 return arith::ExtUIOp::create(b, b.getI32Type(), isLow);
               });
}

FailureOr<SmallVector<Value>> AdaptiveRankOp::expand(OpBuilder &builder) {
  nn::GraphBuilder b(builder, getLoc());
  ArrayRef<int64_t> query = dataShape(sourceOf(getScores()).getQuery().getType());
  int64_t width = query.back(), groups = getPerHead() ? query.rbegin()[1] : 1;
  bool isDense = lowWidth(*this, width) == width, isLow = !isDense && getEstimate() == "random";
  Value flags, output;
  if (isDense || isLow) {
    output = attendAt(b, *this, isLow, Value());
  } else {
    flags = chooseRank(b, *this, groups);
    output = chooseByFlags(b, getOutput().getType(), flags, 2, [&](unsigned number, Value turns) {
      return attendAt(b, *this, /*isLow=*/number == 1, turns);
    });
  }
  SmallVector<nn::LoopInput> inputs;
  if (flags) // place 1 + h is head h's
    inputs.push_back({flags, {groups == 1 ? b.fixed(0) : b.loop(0) - 1}});
  if (getPrevious())
    inputs.push_back({getPrevious(), {b.loop(0)}});
  if (inputs.empty()) // a loop reads something
    inputs.push_back({getDown(), {b.fixed(0), b.fixed(0)}});
  Value counts = b.map(getStatistics().getType(), inputs, [&](const LoopScalars &at) -> Value {
    Value isCall = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, at.indices[0], b.i32(0));
    Value more = arith::SelectOp::create(b, isCall, b.i32(1), flags ? at.elements[0] : b.i32(isLow));
    return getPrevious() ? Value(arith::AddIOp::create(b, at.elements[flags ? 1 : 0], more)) : more;
  });
  return SmallVector<Value>{output, counts};
}
