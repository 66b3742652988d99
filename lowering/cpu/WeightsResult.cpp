//===- WeightsResult.cpp - weights in memory, and the gates and state of weights ---===//
//
// A row of the result ends where the next one begins, which may be another task's: behind the last whole register of a
// range, single elements are written.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/WeightsTask.h"

#include "lowering/cpu/Gates.h"
#include "lowering/cpu/VectorMath.h"
#include "passes/Homogeneous.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

SmallVector<Value, 4> WeightsTask::placeOf(const Row &row, Value column) {
  Value position = b.add(firstRow, row.position);
  if (isMean)
    return {sequenceIndex, position, column};
  return {sequenceIndex, row.head, position, column};
}

/// In a partial range a register of keys may reach beyond the end: its first lanes go one by one, through the scores.
void WeightsTask::whereWhole(int64_t vector, const Step &at, function_ref<void(Value column)> whole,
                             function_ref<void(Value column, Value inScores)> single) {
  Value column = b.add(at.firstKey, scratchColumn(vector));
  if (at.full)
    return whole(column);
  Value fits = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sle, b.add(column, b.lanes), at.end);
  b.branch(
      fits, [&] { whole(column); },
      [&] { b.loop(column, at.end, 1, [&](Value each) { single(each, b.sub(each, at.firstKey)); }); });
}

void WeightsTask::write(Value r, const Row &row, int64_t vector, const Step &at, Value value) {
  Value result = op.getDestinations().front();
  if (!at.full)
    b.storeVector(value, scores, {r, scratchColumn(vector)});
  whereWhole(
      vector, at,
      [&](Value column) {
        SmallVector<Value, 4> place = placeOf(row, column);
        b.storeVector(isMean ? b.addf(b.loadVector(result, place), value) : value, result, place);
      },
      [&](Value column, Value inScores) {
        SmallVector<Value, 4> place = placeOf(row, column);
        Value one = b.load(scores, {r, inScores});
        b.store(isMean ? b.addf(b.load(result, place), one) : one, result, place);
      });
}

Value WeightsTask::fetch(Value r, const Row &row, int64_t vector, const Step &at) {
  Value result = op.getDestinations().front();
  if (at.full)
    return b.loadVector(result, placeOf(row, b.add(at.firstKey, scratchColumn(vector))));
  whereWhole(
      vector, at,
      [&](Value column) {
        b.storeVector(b.loadVector(result, placeOf(row, column)), scores, {r, scratchColumn(vector)});
      },
      [&](Value column, Value inScores) {
        b.store(b.load(result, placeOf(row, column)), scores, {r, inScores});
      });
  // Lanes beyond the end are no pairs.
  Value first = b.splat(b.i32(b.add(at.firstKey, scratchColumn(vector))));
  Value keys = arith::AddIOp::create(b, first, b.laneNumbers());
  Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, keys, b.splat(b.i32(at.end)));
  return b.select(exists, b.loadVector(scores, {r, scratchColumn(vector)}), b.splat(isExp() ? -INFINITY : 0.0));
}

//===----------------------------------------------------------------------===//
// Zeros
//===----------------------------------------------------------------------===//

/// Of all heads that the task gives, or of their mean.
void WeightsTask::zeroColumns(Value firstPosition, Value endPosition, Value begin, Value end) {
  Value result = op.getDestinations().front(), length = b.sub(end, begin);
  Value whole = b.add(begin, b.mul(b.divide(length, b.lanes), b.lanes));
  auto zeroRow = [&](const Row &row) {
    b.loop(begin, whole, b.lanes, [&](Value column) { b.storeVector(b.splat(0.0), result, placeOf(row, column)); });
    b.loop(whole, end, 1, [&](Value column) { b.store(b.f32(0), result, placeOf(row, column)); });
  };
  b.loop(firstPosition, endPosition, 1, [&](Value position) {
    if (isMean)
      return zeroRow({position, Value()});
    b.loop(b.index(0), b.index(group), 1, [&](Value head) { zeroRow({position, b.add(b.mul(keyHead, group), head)}); });
  });
}

/// Ranges do not meet. Behind the end of each, and from 0 on, there is nothing up to the next one that begins there.
void WeightsTask::zeroGaps() {
  int64_t count = static_cast<int64_t>(ranges.size());
  Value begins = b.scratch({count + 1}, b.getIndexType()), ends = b.scratch({count + 1}, b.getIndexType());
  Value zero = b.index(0), keys = memref::DimOp::create(b, op.getKeys()[0], 1);
  // An empty range begins and ends behind all keys; what ends at 0 has begun before it.
  b.store(b.index(-1), begins, zero);
  b.store(zero, ends, zero);
  for (auto [number, range] : llvm::enumerate(ranges)) {
    Value exists = b.less(range.begin, range.end), place = b.index(static_cast<int64_t>(number) + 1);
    b.store(b.select(exists, range.begin, keys), begins, place);
    b.store(b.select(exists, range.end, keys), ends, place);
  }
  b.loop(zero, b.index(count + 1), 1, [&](Value behind) {
    Value end = b.load(ends, behind);
    Value next = b.loop(b.index(1), b.index(count + 1), 1, ValueRange(keys), [&](Value other, ValueRange nearest) {
      Value begin = b.load(begins, other);
      Value isBehind = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, begin, end);
      return Carried{b.select(isBehind, b.minimum(begin, nearest[0]), nearest[0])};
    })[0];
    b.branch(b.less(end, next), [&] { zeroColumns(zero, queryCount, end, next); });
  });
}

//===----------------------------------------------------------------------===//
// Gates
//===----------------------------------------------------------------------===//

Value WeightsTask::gateAt(Value position) { return loadGate(b, op, sequence, position, headOf(op.getGates())); }

/// Goes on from where it ended: ranges of one kind ascend, so that each sweep walks the gates twice at most. In f64 one
/// sum will do for the whole sequence: 10⁶ gates of −10⁴ leave 2e-6 of a difference.
Value WeightsTask::sumGatesBefore(Value position) {
  Value zero = b.index(0), none = arith::ConstantOp::create(b, b.getF64FloatAttr(0));
  Value ended = b.load(gateEnd, zero), isBack = b.less(position, ended);
  Value begin = b.select(isBack, zero, ended), sum = b.select(isBack, none, b.load(gateSum, zero));
  sum = b.loop(begin, position, 1, ValueRange(sum), [&](Value each, ValueRange carried) {
    return Carried{arith::AddFOp::create(b, carried[0], gateAt(each))};
  })[0];
  b.store(position, gateEnd, zero);
  b.store(sum, gateSum, zero);
  return sum;
}

/// sums[x] = gates of all positions up to begin + x.
void WeightsTask::loadGates(Value begin, int64_t count, Value sums) {
  Value before = sumGatesBefore(b.createOrFold<arith::MaxSIOp>(begin, b.index(0)));
  b.loop(b.index(0), b.index(count), 1, ValueRange(before), [&](Value x, ValueRange carried) {
    Value sum = arith::AddFOp::create(b, carried[0], gateAt(b.add(begin, x)));
    b.store(sum, sums, x);
    return Carried{sum};
  });
}

/// Behind the last key that weighs anything, all keys of a row fade alike: over their sum without effect, but perhaps
/// to less than f32 holds. A gate of −∞ leaves nothing of what was before it.
void WeightsTask::placeRowEnds() {
  forEachRow([&](Value r, const Row &row) { b.store(b.load(rowGates, row.position), rowEnds, r); });
  if (!isHomogeneous(op))
    return;
  auto f64 = [&](double value) -> Value { return arith::ConstantOp::create(b, b.getF64FloatAttr(value)); };
  Value none = f64(HUGE_VAL), nones = vector::BroadcastOp::create(b, b.vectorOf(b.getF64Type()), none);
  forEachRow([&](Value r, const Row &) { b.storeVector(nones, lastGates, {r, b.index(0)}); });
  forEachStep([&](const Step &at) {
    computeScores(at);
    forEachRow([&](Value r, const Row &row) {
      Value least = b.loadVector(lastGates, {r, b.index(0)}, b.lanes);
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Value score = b.loadVector(scores, {r, scratchColumn(vector)});
        Value weights = weightsOf(changeScores(score, pairsAt(row, vector, at), at), Value(), at);
        Value gates = b.loadVector(keyGates, scratchColumn(vector), b.lanes);
        Value isLess = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, gates, least);
        least = b.select(b.isEqual(weights, 0), least, b.select(isLess, gates, least));
      }
      b.storeVector(least, lastGates, {r, b.index(0)});
    });
  });
  forEachRow([&](Value r, const Row &) {
    Value own = b.load(rowEnds, r);
    Value least = b.loop(b.index(0), b.index(b.lanes), 1, ValueRange(none), [&](Value lane, ValueRange carried) {
      Value gates = b.load(lastGates, {r, lane});
      Value isLess = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, gates, carried[0]);
      return Carried{b.select(isLess, gates, carried[0])};
    })[0];
    // Of no key the difference is −∞.
    Value between = arith::SubFOp::create(b, own, least);
    Value isFinite = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, between, f64(leastPending));
    b.store(b.select(isFinite, least, own), rowEnds, r);
  });
  b.store(b.index(0), gateEnd, b.index(0));
  b.store(f64(0), gateSum, b.index(0));
}

/// What weighs nothing stays 0: behind the query, gates that are subtracted may leave no number.
Value WeightsTask::fade(Value weights, Value r, int64_t vector) {
  Value own = vector::BroadcastOp::create(b, b.vectorOf(b.getF64Type()), b.load(rowEnds, r));
  Value difference = arith::SubFOp::create(b, own, b.loadVector(keyGates, scratchColumn(vector), b.lanes));
  Value fading = exp(b, arith::TruncFOp::create(b, b.vectorOf(b.getF32Type()), difference));
  return b.select(b.isEqual(weights, 0), b.splat(0.0), b.mulf(weights, fading));
}

//===----------------------------------------------------------------------===//
// The initial state
//===----------------------------------------------------------------------===//

/// Σ Π q_i · u over the tuples i₁ ≤ … ≤ i_p in the order in which u has them: `indices` of them are to be chosen yet,
/// from `first` on, and `product` is that of the others.
WeightsTask::Carried WeightsTask::sumFeatures(Value r, int64_t indices, Value first, Value product,
                                              Carried placeAndSum) {
  return b.loop(first, b.index(parts[0].width), 1, placeAndSum, [&](Value index, ValueRange so) {
    Value x = b.mulf(product, b.load(parts[0].queries, {r, index}));
    if (indices > 1)
      return sumFeatures(r, indices - 1, index, x, Carried(so));
    Value held = b.load(op.getState().front(), {sequenceIndex, headOf(op.getValue()), so[0]});
    return Carried{b.add(so[0], 1), b.addf(so[1], b.mulf(x, held))};
  });
}

/// φ(q) · u, which has faded as much as a key before the call has. It is computed once a row: nothing of it is blocked.
Value WeightsTask::sumOfState(Value r) {
  Value sum = sumFeatures(r, op.getPower().value_or(1), b.index(0), b.f32(1), {b.index(0), b.f32(0)})[1];
  if (!op.getGates())
    return sum;
  Value fading = exp(b, b.splat(arith::TruncFOp::create(b, b.getF32Type(), b.load(rowEnds, r))));
  return b.mulf(sum, vector::ExtractOp::create(b, fading, 0));
}
