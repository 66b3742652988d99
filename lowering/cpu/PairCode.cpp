//===- PairCode.cpp - what becomes of a pair's score, on lanes ---===//

#include "lowering/cpu/PairCode.h"

#include "lowering/cpu/VectorRegions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

Value PairCode::inlined(Block &body, ValueRange leading, ValueRange captures, const IRMapping &known) {
  SmallVector<Value> arguments(leading);
  llvm::append_range(arguments, captures);
  FailureOr<Value> result = inlineOnLanes(b, body, arguments, known);
  if (succeeded(result))
    return *result;
  status = failure();
  return b.splat(0.0);
}

Value PairCode::inlinedAt(const Body &body, ValueRange leading, const Pairs &pairs, const IRMapping &known) {
  SmallVector<Value> arguments(leading);
  arguments.append({b.i32(sequenceIndex), pairs.h, pairs.i, pairs.j});
  Value result = inlined(*body.block, arguments, body.captures, known);
  return isa<VectorType>(result.getType()) || result.getType().isInteger(1) ? result : b.splat(result);
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

Value PairCode::scoreScale(Value scale) { return isExp() && !form.score ? b.mulf(scale, b.f32(M_LOG2E)) : scale; }

Value PairCode::addPart(const Part &part, Value products, Value sum) {
  if (!part.factor)
    return sum ? b.addf(sum, products) : products;
  return sum ? b.fma(products, part.factor, sum) : b.mulf(products, part.factor);
}

Value PairCode::addTerm(Part &part, Value query, Value key, Value feature, bool areFeatures, Value sum) {
  if (!part.pair)
    return part.product.add(key, query, sum);
  Value number = b.i32(feature);
  if (areFeatures)
    number = arith::AddIOp::create(b, b.splat(number), b.laneNumbers());
  Value term = inlined(*part.pair.block, {query, key, number}, part.pair.captures);
  term = isa<VectorType>(term.getType()) ? term : b.splat(term);
  if (areFeatures && part.width < part.paddedWidth) { // Features that there are not: the term of 0 and 0 may be any.
    Value width = b.splat(b.i32(b.index(part.width)));
    term = b.select(arith::CmpIOp::create(b, arith::CmpIPredicate::slt, number, width), term, b.splat(0.0));
  }
  return b.addf(sum, term);
}

PairCode::OfRows PairCode::knownOf(const Pairs &pairs, const Step &at) {
  OfRows known;
  auto find = [&](const Body &body, ArrayRef<Value> leading, IRMapping &mapping) {
    SmallVector<Value> arguments(leading);
    arguments.append({b.i32(sequenceIndex), pairs.h, pairs.i, Value()});
    llvm::append_range(arguments, body.captures);
    if (failed(inlineKnown(b, *body.block, arguments, mapping)))
      status = failure();
  };
  if (form.score)
    find(form.score, Value(), known.score);
  if (!at.full && form.mask)
    find(form.mask, {}, known.mask);
  return known;
}

Value PairCode::changeScores(Value scores, const Pairs &pairs, const Step &at, const OfRows &known) {
  if (form.score) {
    scores = inlinedAt(form.score, scores, pairs, known.score);
    if (isExp())
      scores = b.mulf(scores, b.splat(M_LOG2E));
  }
  if (at.full)
    return scores;
  if (form.mask) {
    Value admitted = inlinedAt(form.mask, {}, pairs, known.mask);
    scores = b.select(admitted, scores, b.splat(-INFINITY));
  }
  Value end = b.i32(at.end);
  Value inRange = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, pairs.j,
                                        isa<VectorType>(pairs.j.getType()) ? b.splat(end) : end);
  return b.select(inRange, scores, b.splat(-INFINITY));
}

//===----------------------------------------------------------------------===//
// Weights and normalisers
//===----------------------------------------------------------------------===//

Value PairCode::weightsOf(Value scores, Value subtrahend, const Step &at) {
  if (subtrahend)
    return b.exp2(b.subf(scores, subtrahend));
  return hasChanges(at) ? b.select(b.isEqual(scores, -INFINITY), b.splat(0.0), scores) : scores;
}

Value PairCode::timesFactor(Value weights, const Pairs &pairs) {
  if (!form.factor)
    return weights;
  // It is speculated, and may be no number where no pair is.
  return b.select(b.isEqual(weights, 0), b.splat(0.0), inlinedAt(form.factor, weights, pairs));
}

Value PairCode::subtrahendOf(Value maximum) { return b.select(b.isEqual(maximum, -INFINITY), b.splat(0.0), maximum); }

PairCode::Normalizers PairCode::finishState(Value maximum, Value sum, Value sink) {
  Normalizers result;
  Value kept = b.splat(1.0);
  if (form.normalizer == Normalizer::none) {
    result.inverseSum = kept;
    return result;
  }
  if (form.epsilon)
    sum = b.addf(sum, b.splat(form.epsilon->convertToFloat()));
  if (sink) {
    sink = b.mulf(sink, b.splat(M_LOG2E));
    Value joint = b.maximum(maximum, sink), subtrahend = subtrahendOf(joint);
    kept = b.exp2(b.subf(maximum, subtrahend));
    sum = b.fma(sum, kept, b.exp2(b.subf(sink, subtrahend)));
    maximum = joint;
  }
  Value isEmpty = b.isEqual(sum, 0);
  result.inverseSum = b.select(isEmpty, b.splat(0.0), arith::DivFOp::create(b, kept, sum));
  if (isExp()) {
    Value logSum = b.addf(b.mulf(maximum, b.splat(M_LN2)), math::LogOp::create(b, sum));
    result.logSum = b.select(isEmpty, b.splat(-INFINITY), logSum);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Ranges of keys
//===----------------------------------------------------------------------===//

void attn::forEachRange(VectorBuilder &b, ArrayRef<KeyRange> ranges, function_ref<void(Value, Value, bool)> code) {
  for (unsigned first = 0, last = 0; first < ranges.size(); first = last) {
    while (last < ranges.size() && ranges[last].isFull == ranges[first].isFull)
      ++last;
    bool full = ranges[first].isFull;
    if (last - first == 1) {
      code(ranges[first].begin, ranges[first].end, full);
      continue;
    }
    Value table = b.scratch({int64_t(last - first), 2}, b.getIndexType());
    for (unsigned range = first; range < last; ++range) {
      b.store(ranges[range].begin, table, {b.index(range - first), b.index(0)});
      b.store(ranges[range].end, table, {b.index(range - first), b.index(1)});
    }
    b.loop(b.index(0), b.index(last - first), 1, [&](Value range) {
      code(b.load(table, {range, b.index(0)}), b.load(table, {range, b.index(1)}), full);
    });
  }
}
