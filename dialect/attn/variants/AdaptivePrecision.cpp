//===- AdaptivePrecision.cpp - what `adaptive_precision` stands for ---===//

#include "dialect/attn/SampledScores.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;
using nn::LoopScalars;

/// The flag's values: cases of the choice, and places among the statistics, behind the calls.
enum : int64_t { inF32, inF16, inBF16, numPrecisions };
static constexpr int64_t numStatistics = 1 + numPrecisions + 1;

/// The precision that a word forces; nothing for `adaptive`, which takes f16 where no rule decides.
static std::optional<int64_t> forcedPrecision(StringRef word) {
  return llvm::StringSwitch<std::optional<int64_t>>(word)
      .Case("fp32", inF32)
      .Case("fp16", inF16)
      .Case("bf16", inBF16)
      .Default(std::nullopt);
}

LogicalResult AdaptivePrecisionOp::verify() {
  if (getPrecision() != "adaptive" && !forcedPrecision(getPrecision())) // (C2)
    return emitOpError() << "expects `default` to be adaptive, fp32, fp16 or bf16, but got " << getPrecision();
  if (failed(verifyAdaptive(*this, getScores(), getSequences(), getPrevious(), getStatistics(), // (C1) (C3) (C4)
                            numStatistics)))
    return failure();
  DotProductOp source = sourceOf(getScores());
  for (Value data : {source.getQuery(), source.getKey(), Value(getValue())})
    if (!dataElementType(data.getType()).isF32()) // (C1)
      return emitOpError() << "expects queries, keys and values of f32, which it converts, but got " << data.getType();
  return success();
}

/// The chain over tensors of one precision.
static Value attendIn(nn::GraphBuilder &b, AdaptivePrecisionOp op, int64_t precision) {
  auto convert = [&](Value data) -> Value {
    if (precision == inF32)
      return data;
    auto type = cast<RankedTensorType>(data.getType());
    RankedTensorType narrow = b.tensorOf(type.getShape(), precision == inF16 ? Type(b.getF16Type()) : b.getBF16Type());
    return b.map(narrow, {{data, b.loopRange(0, type.getRank())}},
                 [](const LoopScalars &at) { return at.elements[0]; });
  };
  DotProductOp source = sourceOf(op.getScores());
  Type lazy = op.getScores().getType();
  Value query = convert(source.getQuery()), key = convert(source.getKey());
  Value scores = DotProductOp::create(b, lazy, query, key, source.getScale());
  if (precision == inF16)
    scores = ClampOp::create(b, lazy, scores, b.f32(65504));
  scores = rebuildChain(b, op.getScores(), scores);
  return SoftmaxOp::create(b, op.getOutput().getType(), Type(), scores, convert(op.getValue()), op.getSequences())
      .getOutput();
}

/// The flag, one i32, by the rules.
static Value choosePrecision(nn::GraphBuilder &b, AdaptivePrecisionOp op) {
  SampledScores sample(b, sourceOf(op.getScores()), op.getSequences());
  auto maximum = [&](Value x, Value y) -> Value { return arith::MaximumFOp::create(b, x, y); };
  Value score = sample.overAll(sample.largest(), 0, maximum);
  Value weight = sample.overAll(sample.largestWeight(), 0, maximum);
  Value entropies = sample.entropy();
  Value sum = sample.overAll(entropies, 0, [&](Value x, Value y) -> Value { return arith::AddFOp::create(b, x, y); });
  Value count =
      sample.overAll(entropies, 0, [&](Value x, Value) -> Value { return arith::AddFOp::create(b, x, b.f32(1)); });
  auto one = [&](Value value) { return nn::LoopInput{value, {b.loop(0)}}; };
  return b.map(b.tensorOf({1}, b.getI32Type()), {one(score), one(weight), one(sum), one(count)},
               [&](const LoopScalars &at) -> Value {
                 auto exceeds = [&](Value x, double bound) -> Value {
                   return arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x, b.f32(bound));
                 };
                 Value mean = arith::DivFOp::create(b, at.elements[2], at.elements[3]);
                 Value isSharp = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, mean, b.f32(0.3));
                 Value isFlat = exceeds(mean, 0.8);
                 Value isBF16 = arith::AndIOp::create(
                     b, isSharp, arith::XOrIOp::create(b, isFlat, arith::ConstantIntOp::create(b, 1, 1)));
                 Value needsF32 = arith::OrIOp::create(b, exceeds(at.elements[0], 50), exceeds(at.elements[1], 0.95));
                 Value narrow = arith::SelectOp::create(b, isBF16, b.i32(inBF16), b.i32(inF16));
                 return arith::SelectOp::create(b, needsF32, b.i32(inF32), narrow);
               });
}

/// 1 where an element of the output is not finite, else 0: x − x is 0 for numbers only. By rows first, which run in
/// parallel.
static Value findOverflow(nn::GraphBuilder &b, Value output) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(output.getType()).getShape();
  Value rows =
      b.fold(b.tensorOf(shape.take_front(2), b.getI32Type()), 2, b.getI32IntegerAttr(0), {{output, b.loopRange(0, 4)}},
             [&](const LoopScalars &at) -> Value {
               Value zero = arith::SubFOp::create(b, at.elements[0], at.elements[0]);
               Value isBad = arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, zero, b.f32(0));
               return arith::OrIOp::create(b, at.accumulator, arith::ExtUIOp::create(b, b.getI32Type(), isBad));
             });
  return b.fold(
      b.tensorOf({1}, b.getI32Type()), 2, b.getI32IntegerAttr(0), {{rows, {b.loop(1), b.loop(2)}}},
      [&](const LoopScalars &at) -> Value { return arith::OrIOp::create(b, at.accumulator, at.elements[0]); });
}

/// A choice between `cases` graphs, whose code gives what each yields.
static Value choose(nn::GraphBuilder &b, Type type, Value flag, unsigned cases,
                    llvm::function_ref<Value(unsigned)> code) {
  auto choice = nn::ChooseOp::create(b, TypeRange(type), flag, cases);
  OpBuilder::InsertionGuard guard(b);
  for (auto [number, region] : llvm::enumerate(choice.getCases())) {
    b.createBlock(&region);
    nn::YieldOp::create(b, ValueRange(code(number)));
  }
  return choice.getResult(0);
}

FailureOr<SmallVector<Value>> AdaptivePrecisionOp::expand(OpBuilder &builder) {
  nn::GraphBuilder b(builder, getLoc());
  std::optional<int64_t> forced = forcedPrecision(getPrecision());
  Type type = getOutput().getType();
  Value flag, overflowed, output;
  if (forced) {
    output = attendIn(b, *this, *forced);
  } else {
    flag = choosePrecision(b, *this);
    output = choose(b, type, flag, numPrecisions, [&](unsigned precision) { return attendIn(b, *this, precision); });
  }
  if (forced != inF32) {
    overflowed = findOverflow(b, output);
    if (flag)
      overflowed = b.map(b.tensorOf({1}, b.getI32Type()), {{overflowed, {b.loop(0)}}, {flag, {b.loop(0)}}},
                         [&](const LoopScalars &at) -> Value {
                           Value isWide =
                               arith::CmpIOp::create(b, arith::CmpIPredicate::eq, at.elements[1], b.i32(inF32));
                           return arith::SelectOp::create(b, isWide, b.i32(0), at.elements[0]);
                         });
    Value narrow = output;
    output =
        choose(b, type, overflowed, 2, [&](unsigned repeats) { return repeats ? attendIn(b, *this, inF32) : narrow; });
  }
  SmallVector<nn::LoopInput> inputs;
  auto add = [&](Value value, AffineExpr index) {
    return value ? (inputs.push_back({value, {index}}), inputs.size()) : 0;
  };
  size_t ofFlag = add(flag, b.fixed(0)), ofOverflow = add(overflowed, b.fixed(0)),
         before = add(getPrevious(), b.loop(0));
  if (inputs.empty()) // a loop reads something
    inputs.push_back({getValue(), {b.fixed(0), b.fixed(0), b.fixed(0), b.fixed(0)}});
  Value counts = b.map(getStatistics().getType(), inputs, [&](const LoopScalars &at) -> Value {
    auto place = [&](Value number) -> Value {
      return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, at.indices[0], number);
    };
    Value taken = ofFlag ? at.elements[ofFlag - 1] : b.i32(forced.value_or(0));
    Value isOwn = arith::OrIOp::create(b, place(b.i32(0)), place(arith::AddIOp::create(b, taken, b.i32(1))));
    Value more = arith::ExtUIOp::create(b, b.getI32Type(), isOwn);
    if (ofOverflow)
      more = arith::SelectOp::create(b, place(b.i32(numStatistics - 1)), at.elements[ofOverflow - 1], more);
    return before ? Value(arith::AddIOp::create(b, at.elements[before - 1], more)) : more;
  });
  return SmallVector<Value>{output, counts};
}
