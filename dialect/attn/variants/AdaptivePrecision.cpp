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
  Checks checks;
  checks.add(verifyNumbers(*this, {getValue(), getOutput()}));
  if (getPrecision() != "adaptive" && !forcedPrecision(getPrecision())) // (C2)
    checks.add(emitOpError() << "expects `default` to be adaptive, fp32, fp16 or bf16, but got " << getPrecision()
                             << "; write one of them");
  checks.add(verifyAdaptive(*this, getScores(), getSequences(), getPrevious(), getStatistics(), // (C1) (C3) (C4)
                            numStatistics));
  SmallVector<Value> converted{getValue(), getOutput()};
  if (DotProductOp source = sourceOf(getScores()))
    converted.append({source.getQuery(), source.getKey()});
  llvm::SmallSetVector<Type, 4> types;
  types.insert_range(TypeRange(ValueRange(converted)));
  for (Type type : types)
    if (isa<RankedTensorType>(type) && isNumber(dataElementType(type)) && !dataElementType(type).isF32()) // (C1)
      checks.add(emitOpError() << "expects queries, keys, values and output of f32, which it converts, but got " << type
                               << "; cast them by nn.cast");
  return checks;
}

/// The chain over tensors of one precision, for the heads whose turn it is. What a cache holds stays as it is stored.
static Value attendIn(nn::GraphBuilder &b, AdaptivePrecisionOp op, int64_t precision, Value turns) {
  auto convert = [&](Value data) -> Value {
    auto type = dyn_cast<RankedTensorType>(data.getType());
    if (precision == inF32 || !type)
      return data;
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
  scores = maskHeads(b, b.getLoc(), rebuildChain(b, op.getScores(), scores), turns);
  return SoftmaxOp::create(b, op.getOutput().getType(), Type(), scores, convert(op.getValue()), op.getSequences())
      .getOutput();
}

/// The flags, one i32 a call or a head, by the rules.
static Value choosePrecision(nn::GraphBuilder &b, AdaptivePrecisionOp op, int64_t groups) {
  SampledScores sample(b, op.getScores(), op.getSequences());
  auto maximum = [&](Value x, Value y) -> Value { return arith::MaximumFOp::create(b, x, y); };
  Value score = sample.over(sample.largest(), groups, 0, maximum);
  Value weight = sample.over(sample.largestWeight(), groups, 0, maximum);
  Value entropies = sample.entropy();
  Value sum = sample.sumOver(entropies, groups), count = sample.countOver(entropies, groups);
  auto own = [&](Value value) { return nn::LoopInput{value, {b.loop(0)}}; };
  return b.map(b.tensorOf({groups}, b.getI32Type()), {own(score), own(weight), own(sum), own(count)},
               [&](const LoopScalars &at) -> Value {
                 auto exceeds = [&](Value x, double bound) -> Value {
                   return arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x, b.f32(bound));
                 };
                 Value mean = arith::DivFOp::create(b, at.elements[2], at.elements[3]);
                 Value isSharp = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, mean, b.f32(0.3));
                 Value needsF32 = arith::OrIOp::create(b, exceeds(at.elements[0], 50), exceeds(at.elements[1], 0.95));
                 Value narrow = arith::SelectOp::create(b, isSharp, b.i32(inBF16), b.i32(inF16));
                 return arith::SelectOp::create(b, needsF32, b.i32(inF32), narrow);
               });
}

/// 1 for a head, or a call, of which an element of the output is not finite, else 0: x − x is 0 for numbers only. By
/// rows first, which run in parallel. What is in f32 already is as good as it gets.
static Value findOverflow(nn::GraphBuilder &b, Value output, Value flags, int64_t groups) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(output.getType()).getShape();
  unsigned rank = shape.size(), leading = rank - 2;
  auto join = [&](Value accumulator, Value isBad) -> Value { return arith::OrIOp::create(b, accumulator, isBad); };
  Value rows = b.fold(b.tensorOf(shape.drop_back(), b.getI32Type()), 1, b.getI32IntegerAttr(0),
                      {{output, b.loopRange(0, rank)}}, [&](const LoopScalars &at) -> Value {
                        Value zero = arith::SubFOp::create(b, at.elements[0], at.elements[0]);
                        Value isBad = arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, zero, b.f32(0));
                        return join(at.accumulator, arith::ExtUIOp::create(b, b.getI32Type(), isBad));
                      });
  // Loops: the group, the leading dimensions, and the head where all of them are one group.
  auto ofRows = b.loopRange(1, leading + 1);
  if (groups != 1)
    ofRows.back() = b.loop(0);
  Value isBad =
      b.fold(b.tensorOf({groups}, b.getI32Type()), groups == 1 ? leading + 1 : leading, b.getI32IntegerAttr(0),
             {{rows, ofRows}}, [&](const LoopScalars &at) { return join(at.accumulator, at.elements[0]); });
  return b.map(b.tensorOf({groups}, b.getI32Type()), {{isBad, {b.loop(0)}}, {flags, {b.loop(0)}}},
               [&](const LoopScalars &at) -> Value {
                 Value isWide = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, at.elements[1], b.i32(inF32));
                 return arith::SelectOp::create(b, isWide, b.i32(0), at.elements[0]);
               });
}

/// Those of before and what this call adds: 1 call, and each group's precision and whether it was repeated.
static Value countPaths(nn::GraphBuilder &b, AdaptivePrecisionOp op, Value flags, Value overflowed) {
  auto place = [&](const LoopScalars &at, Value number) -> Value {
    Value isOwn = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, at.indices[0], number);
    return arith::ExtUIOp::create(b, b.getI32Type(), isOwn);
  };
  RankedTensorType type = op.getStatistics().getType();
  Value taken = b.fold(type, 1, b.getI32IntegerAttr(0), {{flags, {b.loop(1)}}, {overflowed, {b.loop(1)}}},
                       [&](const LoopScalars &at) -> Value {
                         Value own = place(at, arith::AddIOp::create(b, at.elements[0], b.i32(1)));
                         Value repeated = arith::MulIOp::create(b, place(at, b.i32(numStatistics - 1)), at.elements[1]);
                         Value sum = arith::AddIOp::create(b, at.accumulator, own);
                         return arith::AddIOp::create(b, sum, repeated);
                       });
  SmallVector<nn::LoopInput> inputs = {{taken, {b.loop(0)}}};
  if (op.getPrevious())
    inputs.push_back({op.getPrevious(), {b.loop(0)}});
  return b.map(type, inputs, [&](const LoopScalars &at) -> Value {
    Value sum = arith::AddIOp::create(b, at.elements[0], place(at, b.i32(0)));
    return op.getPrevious() ? Value(arith::AddIOp::create(b, sum, at.elements[1])) : sum;
  });
}

FailureOr<SmallVector<Value>> AdaptivePrecisionOp::expand(OpBuilder &builder) {
  nn::GraphBuilder b(builder, getLoc());
  std::optional<int64_t> forced = forcedPrecision(getPrecision());
  RankedTensorType type = getOutput().getType();
  Value query = sourceOf(getScores()).getQuery();
  int64_t groups = getPerHead() ? dataShape(query.getType()).rbegin()[1] : 1;
  // A loop reads something, if only to forget it.
  nn::LoopInput anything{query, {}};
  anything.indices.assign(dataShape(query.getType()).size(), b.fixed(0));
  auto all = [&](int64_t number) {
    return b.map(b.tensorOf({groups}, b.getI32Type()), anything, [&](const LoopScalars &) { return b.i32(number); });
  };
  Value flags = forced ? all(*forced) : choosePrecision(b, *this, groups);
  Value output = forced ? attendIn(b, *this, *forced, Value())
                        : chooseByFlags(b, type, flags, numPrecisions, [&](unsigned precision, Value turns) {
                            return attendIn(b, *this, precision, turns);
                          });
  Value overflowed;
  if (forced == inF32) {
    overflowed = all(0);
  } else {
    Value narrow = output;
    overflowed = findOverflow(b, narrow, flags, groups);
    output = chooseByFlags(b, type, overflowed, 2, [&](unsigned repeats, Value turns) {
      return repeats ? attendIn(b, *this, inF32, turns) : narrow;
    });
  }
  return SmallVector<Value>{output, countPaths(b, *this, flags, overflowed)};
}
