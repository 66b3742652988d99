//===- StateGates.cpp - the fading of keys inside a chunk ---===//
//
// Sums are of one chunk and in f64: over 10⁶ tokens one sum of f32 errs by 1e−2, and so does a difference of two.
//
// Where weights are divided by their sum and nothing else, what all keys of a row fade by has no effect, but it may be
// too small for f32. Behind the last key that counts for a row all keys fade alike; so the gates of keys that do not
// count, because they are 0 or hidden, wait until one does. Then rows in between fade by nothing, and what they divide
// is as large as the weight of the last key that counts.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/Gates.h"
#include "lowering/cpu/StateTask.h"
#include "lowering/cpu/VectorMath.h"
#include "passes/Homogeneous.h"

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

/// Which keys of a chunk count: those that exist and are not hidden from all queries, and where a score is a power of
/// the product, are not 0.
void StateTask::countKeys() {
  bool areProducts = op.getScore().empty() && op.getPair().empty();
  b.loop(b.index(0), b.index(chunk), 1, [&](Value x) {
    Carried most{b.splat(1.0)};
    if (areProducts)
      most = b.loop(b.index(0), b.index(paddedWidth), b.lanes, ValueRange(b.splat(0.0)),
                    [&](Value column, ValueRange carried) {
                      Value key = b.loadVector(keys, {x, column}), minus = b.subf(b.splat(0.0), key);
                      return Carried{b.maximum(b.maximum(carried[0], key), minus)};
                    });
    Value isZero = b.isEqual(maxLanes(b, most[0]), 0), exists = b.less(x, keyCount);
    b.store(b.select(exists, b.select(isZero, b.f32(0), b.f32(1)), b.f32(0)), countedKeys, x);
  });
}

/// b_x is the sum of the gates of the chunk up to x; where gates wait, up to the last key that counts.
StateTask::ChunkGates StateTask::sumGates(Value begin) {
  Value zero = b.index(0), nothing = arith::ConstantOp::create(b, b.getF64FloatAttr(0));
  Value no = arith::ConstantOp::create(b, b.getBoolAttr(false));
  if (areWaiting)
    countKeys();
  Carried inits = areWaiting ? Carried{nothing, begin, no} : Carried{begin, nothing, no};
  Carried total = b.loop(zero, b.index(chunk), 1, inits, [&](Value x, ValueRange carried) {
    Value gate = gateAt(b.add(base, x)), sum = carried[0];
    if (!areWaiting) {
      sum = arith::AddFOp::create(b, sum, gate);
      b.store(sum, gateSums, x);
      return Carried{sum, carried[1], carried[2]};
    }
    Value pending = arith::AddFOp::create(b, carried[1], gate);
    Value least = arith::ConstantOp::create(b, b.getF64FloatAttr(leastPending));
    Value isOver = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, pending, least);
    Value isKey = arith::CmpFOp::create(b, arith::CmpFPredicate::ONE, b.load(countedKeys, x), b.f32(0));
    Value counts = arith::OrIOp::create(b, isOver, isKey);
    sum = b.select(counts, arith::AddFOp::create(b, sum, pending), sum);
    b.store(sum, gateSums, x);
    return Carried{sum, b.select(counts, nothing, pending), arith::OrIOp::create(b, carried[2], counts)};
  });
  b.loop(b.index(chunk), b.index(paddedChunk), 1, [&](Value x) { b.store(total[0], gateSums, x); });
  return {total[0], total[1], total[2]};
}

/// For which rows of the chunk a key of it has counted.
void StateTask::countRows() {
  b.loop(b.index(0), b.index(chunk), 1, ValueRange(b.f32(0)), [&](Value x, ValueRange carried) {
    Value isKey = arith::CmpFOp::create(b, arith::CmpFPredicate::ONE, b.load(countedKeys, x), b.f32(0));
    Value hasCounted = b.select(isKey, b.f32(1), carried[0]);
    b.store(hasCounted, countedRows, x);
    return Carried{hasCounted};
  });
}

/// e of the gates that still wait when the keys have ended, which a state is left with.
void StateTask::fadeState() {
  Value sum = b.load(carriedGates, b.index(0)), one = b.f32(1);
  Value factor = exp(b, b.splat(arith::TruncFOp::create(b, b.getF32Type(), sum)));
  Value scalar = vector::ExtractOp::create(b, factor, 0);
  Value isOne = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, scalar, one);
  b.branch(
      isOne, [] {},
      [&] {
        b.loop(b.index(0), b.index(features), 1, [&](Value feature) {
          b.loop(b.index(0), b.index(paddedValue), b.lanes, [&](Value column) {
            b.storeVector(b.mulf(b.loadVector(state, {feature, column}), factor), state, {feature, column});
          });
          b.store(b.mulf(b.load(stateSum, feature), scalar), stateSum, feature);
        });
      });
}

Value StateTask::takePending(Value counts, Value sum, Value pending, Value hasCounted) {
  if (!areWaiting)
    return sum;
  Value nothing = arith::ConstantOp::create(b, b.getF64FloatAttr(0));
  Value taken = b.select(counts, pending, nothing);
  fadeQueries(b.select(hasCounted, nothing, taken), /*isOfCounted=*/true);
  return arith::AddFOp::create(b, sum, b.select(hasCounted, taken, nothing));
}

void StateTask::fadeKeys(Value sum) {
  b.loop(b.index(0), b.index(paddedChunk), b.lanes,
         [&](Value column) { b.storeVector(fadeTo(sum, column), keyFading, column); });
}

/// Whatever stands before the chunk is as much further from its queries as `sum` says; or from those alone that a key
/// of their chunk counted for.
void StateTask::fadeQueries(Value sum, bool isOfCounted) {
  Value factor = exp(b, b.splat(arith::TruncFOp::create(b, b.getF32Type(), sum)));
  b.loop(b.index(0), b.index(paddedChunk), b.lanes, [&](Value column) {
    Value before = b.loadVector(queryFading, column), after = b.mulf(before, factor);
    if (isOfCounted)
      after = b.select(b.isEqual(b.loadVector(countedRows, column), 0), before, after);
    b.storeVector(after, queryFading, column);
  });
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
  Value zero = b.index(0), nothing = arith::ConstantOp::create(b, b.getF64FloatAttr(0));
  ChunkGates gates = sumGates(b.load(carriedGates, zero));
  Value sum = gates.sum, carried = gates.pending;
  if (areWaiting) {
    countRows();
  } else {
    Value lastKey = b.createOrFold<arith::MaxSIOp>(b.sub(keyCount, b.index(1)), zero);
    sum = b.select(b.less(zero, keyCount), b.load(gateSums, lastKey), nothing);
    carried = arith::SubFOp::create(b, gates.sum, sum);
  }
  b.store(carried, carriedGates, zero);
  Value fading = exp(b, b.splat(arith::TruncFOp::create(b, f32, sum)));
  b.store(vector::ExtractOp::create(b, fading, 0), stateFading, zero);
  b.loop(zero, b.index(paddedChunk), b.lanes, [&](Value column) {
    Value sums = b.loadVector(gateSums, column, b.lanes);
    b.storeVector(exp(b, arith::TruncFOp::create(b, b.vectorOf(f32), sums)), queryFading, column);
  });
  fadeKeys(sum);
  fadePairs();
}
