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
// The sample
//===----------------------------------------------------------------------===//

Value SampledScores::countOf(Value data, Value lengths) {
  RankedTensorType counts = b.tensorOf({batch}, b.getI32Type());
  if (lengths)
    return b.map(counts, {{lengths, {b.loop(0)}}}, [&](const LoopScalars &at) -> Value {
      return arith::MinSIOp::create(b, at.elements[0], b.i32(limit));
    });
  // A size is known to loops only: count its positions.
  Value all =
      b.fold(counts, 1, b.getI32IntegerAttr(0), {{data, {b.loop(0), b.loop(1), b.fixed(0), b.fixed(0)}}},
             [&](const LoopScalars &at) -> Value { return arith::AddIOp::create(b, at.accumulator, b.i32(1)); });
  return countOf(data, all);
}

/// As attn.padded counts them: what is written, or start_n + T_n behind a start by value, or all of them.
Value SampledScores::keyCount(PaddedOp padded, Value key) {
  if (!padded || padded.getKeyLengths() || !padded.getStart())
    return countOf(key, padded ? padded.getKeyLengths() : Value());
  RankedTensorType counts = b.tensorOf({batch}, b.getI32Type());
  return b.map(counts, {{padded.getStart(), {b.loop(0)}}, {queries, {b.loop(0)}}}, [&](const LoopScalars &at) -> Value {
    // Of the queries only 64 are counted, and no more keys are wanted.
    return arith::MinSIOp::create(b, arith::AddIOp::create(b, at.elements[0], at.elements[1]), b.i32(limit));
  });
}

SampledScores::SampledScores(nn::GraphBuilder &builder, DotProductOp source, Value sequences) : b(builder) {
  auto query = cast<RankedTensorType>(source.getQuery().getType()),
       key = cast<RankedTensorType>(source.getKey().getType());
  batch = query.getDimSize(0);
  heads = query.getDimSize(2);
  auto padded = sequences ? sequences.getDefiningOp<PaddedOp>() : PaddedOp();
  queries = countOf(source.getQuery(), padded ? padded.getQueryLengths() : Value());
  keys = keyCount(padded, source.getKey());
  // Loops: n, h, query, key, feature.
  Value products = b.sumOfProducts(
      b.tensorOf({batch, heads, limit, limit}, b.getF32Type()), 1,
      {{source.getQuery(), {b.loop(0), b.loop(2), b.loop(1), b.loop(4)}},
       {source.getKey(), {b.loop(0), b.loop(3), b.loop(1).floorDiv(heads / key.getDimSize(2)), b.loop(4)}}});
  Value scale = source.getScale();
  if (!scale)
    scale = b.f32(1 / std::sqrt(static_cast<double>(query.getDimSize(3))));
  scores = b.map(cast<RankedTensorType>(products.getType()),
                 {{products, b.loopRange(0, 4)}, {queries, {b.loop(0)}}, {keys, {b.loop(0)}}},
                 [&](const LoopScalars &at) -> Value {
                   using Predicate = arith::CmpIPredicate;
                   Value isQuery = arith::CmpIOp::create(b, Predicate::slt, at.indices[2], at.elements[1]);
                   Value isKey = arith::CmpIOp::create(b, Predicate::slt, at.indices[3], at.elements[2]);
                   Value score = arith::MulFOp::create(b, scale, at.elements[0]);
                   return arith::SelectOp::create(b, arith::AndIOp::create(b, isQuery, isKey), score, b.f32(0));
                 });
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

Value SampledScores::overAll(Value statistic, double init, llvm::function_ref<Value(Value, Value)> join) {
  return b.fold(b.tensorOf({1}, b.getF32Type()), 2, b.getF32FloatAttr(static_cast<float>(init)),
                {{statistic, {b.loop(1), b.loop(2)}}},
                [&](const LoopScalars &at) -> Value { return join(at.accumulator, at.elements[0]); });
}
