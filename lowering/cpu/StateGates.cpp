//===- StateGates.cpp - the fading of keys inside a chunk ---===//
//
// Sums are of one chunk and in f64: over 10⁶ tokens one sum of f32 errs by 1e−2, and so does a difference of two. A
// gate of −∞ is read as −10⁴, of which e is 0 too, so that differences stay numbers.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/StateTask.h"
#include "lowering/cpu/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace attn;

static constexpr double leastGate = -1e4;

/// Nothing was carried yet; and what does not change from chunk to chunk: without gates, which pairs of one chunk meet.
void StateTask::beginGates() {
  if (op.getGates()) {
    b.store(arith::ConstantOp::create(b, b.getF64FloatAttr(0)), carriedGates, b.index(0));
    return;
  }
  b.loop(b.index(0), b.index(chunk), 1, [&](Value x) {
    b.loop(b.index(0), b.index(paddedChunk), b.lanes, [&](Value column) {
      Value y = arith::AddIOp::create(b, b.laneNumbers(), b.splat(b.i32(column)));
      Value isSeen = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, y, b.splat(b.i32(x)));
      b.storeVector(b.select(isSeen, b.splat(1.0), b.splat(0.0)), pairFading, {x, column});
    });
  });
}

/// The gate of a position of the key axis, f64: positions before the first key have none, those past the last one the
/// fixed gate or none. There all keys fade alike, which nobody sees who divides by their sum.
Value StateTask::gateAt(Value position) {
  Value gates = op.getGates();
  size_t rank = dataShape(gates.getType()).size();
  Value zero = b.index(0), isPast = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, position, sequence.keyCount);
  Value last = b.createOrFold<arith::MaxSIOp>(b.sub(sequence.keyCount, b.index(1)), zero);
  Value held = b.createOrFold<arith::MaxSIOp>(b.minimum(position, last), zero);
  Value none = b.f32(0), gate;
  if (rank == 1) {
    gate = b.load(gates, keyHead);
    if (isHomogeneous)
      gate = b.select(isPast, none, gate);
  } else {
    // Nothing is read where there are no keys at all.
    Carried loaded =
        b.loop(zero, b.minimum(sequence.keyCount, b.index(1)), 1, ValueRange(none), [&](Value, ValueRange) {
          SmallVector<Value, 4> at{sequence.keyOrigin, held, keyHead};
          if (rank == 2)
            at = {b.add(sequence.keyOrigin, held), keyHead};
          if (rank == 4) // In a cache.
            at.push_back(zero);
          return Carried{b.load(gates, at)};
        });
    gate = b.select(isPast, none, loaded[0]);
  }
  gate = b.select(b.less(position, zero), none, gate);
  Value least = b.f32(leastGate);
  gate = b.select(arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, gate, least), gate, least);
  return arith::ExtFOp::create(b, b.getF64Type(), gate);
}

Value StateTask::fadeTo(Value sum, Value column) {
  Type f64 = b.getF64Type();
  Value sums = b.loadVector(gateSums, column, b.lanes);
  Value splat = vector::BroadcastOp::create(b, b.vectorOf(f64), sum);
  Value difference = arith::SubFOp::create(b, splat, sums);
  return exp(b, arith::TruncFOp::create(b, b.vectorOf(b.getF32Type()), difference));
}

/// b_x = `begin` + gates of the chunk up to x; the last of them.
Value StateTask::sumGates(Value begin) {
  Value zero = b.index(0);
  Carried total = b.loop(zero, b.index(chunk), 1, ValueRange(begin), [&](Value x, ValueRange carried) {
    Value sum = arith::AddFOp::create(b, carried[0], gateAt(b.add(base, x)));
    b.store(sum, gateSums, x);
    return Carried{sum};
  });
  b.loop(b.index(chunk), b.index(paddedChunk), 1, [&](Value x) { b.store(total[0], gateSums, x); });
  return total[0];
}

void StateTask::fadeKeys(Value sum) {
  b.loop(b.index(0), b.index(paddedChunk), b.lanes,
         [&](Value column) { b.storeVector(fadeTo(sum, column), keyFading, column); });
}

/// Whatever stands before the chunk is as much further from its queries as `sum` says.
void StateTask::fadeQueries(Value sum) {
  Value factor = exp(b, b.splat(arith::TruncFOp::create(b, b.getF32Type(), sum)));
  b.loop(b.index(0), b.index(paddedChunk), b.lanes,
         [&](Value column) { b.storeVector(b.mulf(b.loadVector(queryFading, column), factor), queryFading, column); });
}

/// What the pairs of one chunk are times, and 0 where the key is behind the query.
void StateTask::fadePairs() {
  b.loop(firstRow, endRow, 1, [&](Value x) {
    Value own = b.load(gateSums, x);
    b.loop(b.index(0), b.index(paddedChunk), b.lanes, [&](Value column) {
      Value y = arith::AddIOp::create(b, b.laneNumbers(), b.splat(b.i32(column)));
      Value isSeen = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, y, b.splat(b.i32(x)));
      b.storeVector(b.select(isSeen, fadeTo(own, column), b.splat(0.0)), pairFading, {x, column});
    });
  });
}

/// The state is taken to the last key of the chunk, b_c; what the positions behind it add is carried into the next
/// chunk.
void StateTask::loadGates() {
  if (!op.getGates())
    return;
  Type f32 = b.getF32Type();
  Value zero = b.index(0), total = sumGates(b.load(carriedGates, zero));
  Value lastKey = b.createOrFold<arith::MaxSIOp>(b.sub(keyCount, b.index(1)), zero);
  Value nothing = arith::ConstantOp::create(b, b.getF64FloatAttr(0));
  Value sum = b.select(b.less(zero, keyCount), b.load(gateSums, lastKey), nothing);
  b.store(arith::SubFOp::create(b, total, sum), carriedGates, zero);
  Value fading = exp(b, b.splat(arith::TruncFOp::create(b, f32, sum)));
  b.store(vector::ExtractOp::create(b, fading, 0), stateFading, zero);
  b.loop(zero, b.index(paddedChunk), b.lanes, [&](Value column) {
    Value sums = b.loadVector(gateSums, column, b.lanes);
    b.storeVector(exp(b, arith::TruncFOp::create(b, b.vectorOf(f32), sums)), queryFading, column);
  });
  fadeKeys(sum);
  fadePairs();
}
