//===- StateGates.cpp - the fading of keys inside a chunk ---===//
//
// Sums are of one chunk and in f64: over 10⁶ tokens one sum of f32 errs by 1e−2, and so does a difference of two.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/Gates.h"
#include "lowering/cpu/StateTask.h"
#include "lowering/cpu/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace attn;

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

Value StateTask::gateAt(Value position) { return loadGate(b, op, sequence, position, headOf(op.getKeys().front())); }

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
