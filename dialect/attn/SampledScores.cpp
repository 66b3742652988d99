//===- SampledScores.cpp - what a sample of scores says about a call ---===//

#include "dialect/attn/SampledScores.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace attn;
using nn::LoopScalars;

//===----------------------------------------------------------------------===//
// How many queries and keys there are
//===----------------------------------------------------------------------===//

static Value smallerOf(nn::GraphBuilder &b, Value x, Value y) { return arith::MinSIOp::create(b, x, y); }
static Value isBelow(nn::GraphBuilder &b, Value x, Value y) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, x, y);
}
static Value loadElement(nn::GraphBuilder &b, Value from, ValueRange indices) {
  Type element = dataElementType(from.getType());
  return LoadOp::create(b, isa<FloatType>(element) ? b.getF32Type() : element, from, indices);
}

/// A size is known to loops only: its positions are counted.
Value SampledScores::countAll(Value data) {
  return b.fold(perSequence(), 1, b.getI32IntegerAttr(0), {{data, {b.loop(0), b.loop(1), b.fixed(0), b.fixed(0)}}},
                [&](const LoopScalars &at) -> Value { return arith::AddIOp::create(b, at.accumulator, b.i32(1)); });
}

/// start_n + T_n; a sequence without queries has no sample, whatever its keys.
Value SampledScores::startPlusQueries(Value start) {
  return b.map(perSequence(), {{queries, {b.loop(0)}}}, [&](const LoopScalars &at) -> Value {
    Value sum = arith::AddIOp::create(b, loadElement(b, start, at.indices[0]), at.elements[0]);
    return arith::SelectOp::create(b, isBelow(b, b.i32(0), at.elements[0]), sum, b.i32(0));
  });
}

/// What offset n + 1 is beyond offset n: 0 for the last one, which is read twice. `each` has an element for each
/// sequence: offsets, one more than there are sequences, are read by computed indices.
Value SampledScores::distances(Value offsets, Value each) {
  return b.map(perSequence(), {{each, {b.loop(0)}}}, [&](const LoopScalars &at) -> Value {
    Value n = at.indices[0], next = arith::AddIOp::create(b, n, b.i32(1));
    Value distance = arith::SubIOp::create(b, loadElement(b, offsets, next), loadElement(b, offsets, n));
    return arith::MaxSIOp::create(b, distance, b.i32(0));
  });
}

Value SampledScores::limited(Value counts) {
  return b.map(perSequence(), {{counts, {b.loop(0)}}},
               [&](const LoopScalars &at) { return smallerOf(b, at.elements[0], b.i32(limit)); });
}

/// As attn.padded counts them: what is written, or start_n + T_n behind a start by value, or all of them.
void SampledScores::countPadded(PaddedOp padded, Value query, Value key) {
  queries = padded && padded.getQueryLengths() ? padded.getQueryLengths() : countAll(query);
  if (padded && padded.getKeyLengths())
    keys = padded.getKeyLengths();
  else
    keys = padded && padded.getStart() ? startPlusQueries(padded.getStart()) : countAll(key);
}

/// Starts by value are as many as there are sequences; offsets are one more.
static Value eachPacked(PackedOp packed) { return packed.getStart() ? packed.getStart() : packed.getQueryOffsets(); }

void SampledScores::countPacked(PackedOp packed) {
  Value each = eachPacked(packed);
  queries = distances(packed.getQueryOffsets(), each);
  keys = packed.getKeyOffsets() ? distances(packed.getKeyOffsets(), each) : startPlusQueries(packed.getStart());
}

//===----------------------------------------------------------------------===//
// The sample
//===----------------------------------------------------------------------===//

/// Of position k the fold counts the keys admitted so far, until it meets the k-th and keeps its place.
Value SampledScores::findAdmitted(MutableArrayRef<MaskedOp> masks) {
  constexpr int64_t found = 1 << 30; // beyond any count
  Value all = keys, table = masks.front().getMask();
  StringRef axes = masks.front().getAxes();
  unsigned keyAxis = axes.trim().front() == 's' ? 0 : cast<ShapedType>(table.getType()).getRank() - 1;
  auto isAdmitted = [&](Value n, Value j, Value count) -> Value {
    Value holds = isBelow(b, j, count);
    for (MaskedOp mask : masks) {
      SmallVector<Value> indices;
      for (char axis : mask.getAxes())
        if (axis != ' ')
          indices.push_back(axis == 'n' ? n : j);
      holds = arith::AndIOp::create(b, holds, loadElement(b, mask.getMask(), indices));
    }
    return holds;
  };
  // The table is an input for the sake of its size.
  auto ofTable = [&](unsigned loop) {
    nn::LoopInput input{table, {}};
    input.indices.assign(cast<ShapedType>(table.getType()).getRank(), b.fixed(0));
    input.indices[keyAxis] = b.loop(loop);
    return input;
  };
  keys = b.fold(perSequence(), 1, b.getI32IntegerAttr(0), {ofTable(1), {all, {b.loop(0)}}},
                [&](const LoopScalars &at) -> Value {
                  Value own = isAdmitted(at.indices[0], at.indices[1], at.elements[1]);
                  return arith::AddIOp::create(b, at.accumulator, arith::ExtUIOp::create(b, b.getI32Type(), own));
                });
  return b.fold(b.tensorOf({batch, limit}, b.getI32Type()), 1, b.getI32IntegerAttr(0), {ofTable(2), {all, {b.loop(0)}}},
                [&](const LoopScalars &at) -> Value {
                  Value n = at.indices[0], k = at.indices[1], j = at.indices[2];
                  Value isNext = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, at.accumulator, k);
                  Value place = arith::AddIOp::create(b, j, b.i32(found));
                  Value more = arith::AddIOp::create(b, at.accumulator, b.i32(1));
                  Value next = arith::SelectOp::create(b, isNext, place, more);
                  Value counts = arith::AndIOp::create(b, isBelow(b, at.accumulator, b.i32(found)),
                                                       isAdmitted(n, j, at.elements[1]));
                  return arith::SelectOp::create(b, counts, next, at.accumulator);
                });
}

/// Attention whose window is one key gives that key's value: what reads caches reads the sample from them, too.
Value SampledScores::readCache(Value cache) {
  auto type = cast<CacheType>(cache.getType());
  int64_t keyHeads = type.getShape()[2], width = type.getShape()[3];
  Value zeros = b.map(b.tensorOf({batch, limit, keyHeads, width}, b.getF32Type()), {{keys, {b.loop(0)}}},
                      [&](const LoopScalars &) -> Value { return b.f32(0); });
  Value sequences = PaddedOp::create(b, SequencesType::get(b.getContext()), Value(), keys,
                                     AlignmentAttr::get(b.getContext(), Alignment::top_left), Value());
  Value pairs = DotProductOp::create(b, ScoresType::get(b.getContext()), zeros, cache, Value());
  Value own = LocalOp::create(b, pairs.getType(), pairs, b.i32(1));
  return SoftmaxOp::create(b, zeros.getType(), Type(), own, cache, sequences).getOutput();
}

Value SampledScores::gather(Value data, const Rows &rows) {
  ArrayRef<int64_t> shape = dataShape(data.getType());
  bool isPacked = shape.size() == 3;
  SmallVector<nn::LoopInput> inputs = {{queries, {b.loop(0)}}};
  if (rows.positions)
    inputs.push_back({rows.positions, {b.loop(0), b.loop(1)}});
  return b.map(b.tensorOf({batch, limit, shape.rbegin()[1], shape.back()}, b.getF32Type()), inputs,
               [&](const LoopScalars &at) -> Value {
                 // Positions carry a mark in a high bit, which those that were not found lack; none of these counts.
                 Value row = rows.positions ? Value(arith::AndIOp::create(b, at.elements.back(), b.i32((1 << 30) - 1)))
                                            : at.indices[1];
                 if (rows.offsets)
                   row = arith::AddIOp::create(b, row, loadElement(b, rows.offsets, at.indices[0]));
                 SmallVector<Value> indices = {row, at.indices[2], at.indices[3]};
                 if (!isPacked)
                   indices.insert(indices.begin(), at.indices[0]);
                 return loadElement(b, data, indices);
               });
}

void SampledScores::multiply(DotProductOp source, const Rows &queryRows, const Rows &keyRows) {
  Value query = source.getQuery(), key = source.getKey();
  int64_t width = dataShape(query.getType()).back(), group = heads / dataShape(key.getType()).rbegin()[1];
  if (!queryRows.inOrder())
    query = gather(query, queryRows);
  if (isa<CacheType>(key.getType()))
    key = readCache(key);
  else if (!keyRows.inOrder())
    key = gather(key, keyRows);
  // Loops: n, h, query, key, feature.
  Value products = b.sumOfProducts(b.tensorOf({batch, heads, limit, limit}, b.getF32Type()), 1,
                                   {{query, {b.loop(0), b.loop(2), b.loop(1), b.loop(4)}},
                                    {key, {b.loop(0), b.loop(3), b.loop(1).floorDiv(group), b.loop(4)}}});
  Value scale = source.getScale();
  if (!scale)
    scale = b.f32(1 / std::sqrt(static_cast<double>(width)));
  scores = b.map(cast<RankedTensorType>(products.getType()),
                 {{products, b.loopRange(0, 4)}, {queries, {b.loop(0)}}, {keys, {b.loop(0)}}},
                 [&](const LoopScalars &at) -> Value {
                   Value isQuery = isBelow(b, at.indices[2], at.elements[1]);
                   Value isKey = isBelow(b, at.indices[3], at.elements[2]);
                   Value score = arith::MulFOp::create(b, scale, at.elements[0]);
                   return arith::SelectOp::create(b, arith::AndIOp::create(b, isQuery, isKey), score, b.f32(0));
                 });
}

SampledScores::SampledScores(nn::GraphBuilder &builder, Value chain, Value sequences) : b(builder) {
  DotProductOp source = sourceOf(chain);
  Value query = source.getQuery(), key = source.getKey();
  auto packed = sequences ? sequences.getDefiningOp<PackedOp>() : PackedOp();
  batch = dataShape((packed ? eachPacked(packed) : query).getType())[0];
  heads = dataShape(query.getType()).rbegin()[1];
  Rows queryRows, keyRows;
  if (packed) {
    countPacked(packed);
    queryRows.offsets = packed.getQueryOffsets();
    if (dataShape(key.getType()).size() == 3)
      keyRows.offsets = packed.getKeyOffsets();
  } else {
    countPadded(sequences ? sequences.getDefiningOp<PaddedOp>() : PaddedOp(), query, key);
  }
  SmallVector<MaskedOp> masks;
  for (Operation *op : chainBehind(chain))
    if (isMaskOfKeys(op))
      masks.push_back(cast<MaskedOp>(op));
  if (!masks.empty())
    keyRows.positions = findAdmitted(masks);
  queries = limited(queries);
  keys = limited(keys);
  multiply(source, queryRows, keyRows);
}

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

Value SampledScores::largest() {
  return b.fold(perHead(), 2, b.getF32FloatAttr(0), {{scores, b.loopRange(0, 4)}}, [&](const LoopScalars &at) -> Value {
    Value magnitude = math::AbsFOp::create(b, at.elements[0]);
    return arith::MaximumFOp::create(b, at.accumulator, magnitude);
  });
}

/// For each query, with m its largest score: Σ e^(s−m), and log of that less Σ (s−m) e^(s−m) over it, the entropy.
void SampledScores::computeRows() {
  if (sums)
    return;
  nn::LoopInput pairs{scores, b.loopRange(0, 4)}, count{keys, {b.loop(0)}};
  auto isKey = [&](const LoopScalars &at, unsigned element) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, at.indices[3], at.elements[element]);
  };
  Value none = b.f32(-std::numeric_limits<double>::infinity());
  Value largest = b.fold(perPosition(), 1, b.getF32FloatAttr(-std::numeric_limits<float>::infinity()), {pairs, count},
                         [&](const LoopScalars &at) -> Value {
                           Value score = arith::SelectOp::create(b, isKey(at, 1), at.elements[0], none);
                           return arith::MaximumFOp::create(b, at.accumulator, score);
                         });
  nn::LoopInput most{largest, b.loopRange(0, 3)};
  auto sumOver = [&](bool isWeighted) {
    return b.fold(perPosition(), 1, b.getF32FloatAttr(0), {pairs, count, most}, [&](const LoopScalars &at) -> Value {
      Value below = arith::SubFOp::create(b, at.elements[0], at.elements[2]);
      Value weight = math::ExpOp::create(b, below);
      if (isWeighted)
        weight = arith::MulFOp::create(b, weight, below);
      Value own = arith::SelectOp::create(b, isKey(at, 1), weight, b.f32(0));
      return arith::AddFOp::create(b, at.accumulator, own);
    });
  };
  sums = sumOver(false);
  entropies = b.map(perPosition(), {{sums, b.loopRange(0, 3)}, {sumOver(true), b.loopRange(0, 3)}},
                    [&](const LoopScalars &at) -> Value {
                      Value mean = arith::DivFOp::create(b, at.elements[1], at.elements[0]);
                      return arith::SubFOp::create(b, math::LogOp::create(b, at.elements[0]), mean);
                    });
}

Value SampledScores::largestWeight() {
  computeRows();
  return b.fold(perHead(), 1, b.getF32FloatAttr(0),
                {{sums, b.loopRange(0, 3)}, {queries, {b.loop(0)}}, {keys, {b.loop(0)}}},
                [&](const LoopScalars &at) -> Value {
                  using Predicate = arith::CmpIPredicate;
                  Value isQuery = arith::CmpIOp::create(b, Predicate::slt, at.indices[2], at.elements[1]);
                  Value hasKeys = arith::CmpIOp::create(b, Predicate::sgt, at.elements[2], b.i32(0));
                  Value counts = arith::AndIOp::create(b, isQuery, hasKeys);
                  Value weight = arith::DivFOp::create(b, b.f32(1), at.elements[0]);
                  Value own = arith::SelectOp::create(b, counts, weight, b.f32(0));
                  return arith::MaximumFOp::create(b, at.accumulator, own);
                });
}

Value SampledScores::entropy() {
  computeRows();
  Value sum = b.fold(perHead(), 1, b.getF32FloatAttr(0), {{entropies, b.loopRange(0, 3)}, {queries, {b.loop(0)}}},
                     [&](const LoopScalars &at) -> Value {
                       Value isQuery =
                           arith::CmpIOp::create(b, arith::CmpIPredicate::slt, at.indices[2], at.elements[1]);
                       Value own = arith::SelectOp::create(b, isQuery, at.elements[0], b.f32(0));
                       return arith::AddFOp::create(b, at.accumulator, own);
                     });
  return b.map(perHead(), {{sum, b.loopRange(0, 2)}, {queries, {b.loop(0)}}, {keys, {b.loop(0)}}},
               [&](const LoopScalars &at) -> Value {
                 using Predicate = arith::CmpIPredicate;
                 auto real = [&](Value count) -> Value { return arith::SIToFPOp::create(b, b.getF32Type(), count); };
                 Value hasQuery = arith::CmpIOp::create(b, Predicate::sgt, at.elements[1], b.i32(0));
                 Value hasChoice = arith::CmpIOp::create(b, Predicate::sgt, at.elements[2], b.i32(1));
                 Value whole =
                     arith::MulFOp::create(b, real(at.elements[1]), math::LogOp::create(b, real(at.elements[2])));
                 Value mean = arith::DivFOp::create(b, at.elements[0], whole);
                 return arith::SelectOp::create(b, arith::AndIOp::create(b, hasQuery, hasChoice), mean, b.f32(0));
               });
}

//===----------------------------------------------------------------------===//
// Power iteration
//===----------------------------------------------------------------------===//

Value SampledScores::product(Axis axis, Value vector) {
  // Loops: n, h, the position that stays, the one summed over.
  bool keepsQueries = axis == Axis::queries;
  AffineExpr query = b.loop(keepsQueries ? 2 : 3), key = b.loop(keepsQueries ? 3 : 2);
  return b.sumOfProducts(perPosition(), 1,
                         {{scores, {b.loop(0), b.loop(1), query, key}}, {vector, {b.loop(0), b.loop(1), b.loop(3)}}});
}

Value SampledScores::squares(Value vector) {
  return b.sumOfProducts(perHead(), 1, {{vector, b.loopRange(0, 3)}, {vector, b.loopRange(0, 3)}});
}

/// v ← sᵀ s v / |sᵀ s v|, three times; σ₁ = |s v|, v of length 1. No score but 0 gives 0.
Value SampledScores::largestSingularValue() {
  Value vector = b.map(perPosition(), {{keys, {b.loop(0)}}}, [&](const LoopScalars &) -> Value { return b.f32(1); });
  for (int round = 0; round < 3; ++round) {
    Value next = product(Axis::keys, product(Axis::queries, vector));
    vector = b.map(perPosition(), {{next, b.loopRange(0, 3)}, {squares(next), b.loopRange(0, 2)}},
                   [&](const LoopScalars &at) -> Value {
                     Value isZero = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, at.elements[1], b.f32(0));
                     Value scaled = arith::DivFOp::create(b, at.elements[0], math::SqrtOp::create(b, at.elements[1]));
                     return arith::SelectOp::create(b, isZero, b.f32(0), scaled);
                   });
  }
  return b.map(perHead(), {{squares(product(Axis::queries, vector)), b.loopRange(0, 2)}},
               [&](const LoopScalars &at) -> Value { return math::SqrtOp::create(b, at.elements[0]); });
}

Value SampledScores::over(Value statistic, int64_t groups, double init, Join join) {
  // Loops: the group, the sequence, and the head where all of them are one group.
  bool isByHead = groups == heads && groups != 1;
  AffineExpr n = b.loop(1), head = isByHead ? b.loop(0) : b.loop(2);
  return b.fold(b.tensorOf({groups}, b.getF32Type()), isByHead ? 1 : 2, b.getF32FloatAttr(static_cast<float>(init)),
                {{statistic, {n, head}}, {queries, {n}}, {keys, {n}}}, [&](const LoopScalars &at) -> Value {
                  Value hasSample = isBelow(b, b.i32(0), smallerOf(b, at.elements[1], at.elements[2]));
                  return arith::SelectOp::create(b, hasSample, join(at.accumulator, at.elements[0]), at.accumulator);
                });
}

Value SampledScores::sumOver(Value statistic, int64_t groups) {
  return over(statistic, groups, 0, [&](Value x, Value y) -> Value { return arith::AddFOp::create(b, x, y); });
}

Value SampledScores::countOver(Value statistic, int64_t groups) {
  return over(statistic, groups, 0, [&](Value x, Value) -> Value { return arith::AddFOp::create(b, x, b.f32(1)); });
}
