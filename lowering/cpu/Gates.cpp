//===- Gates.cpp - the log gates of keys that fade ---===//

#include "lowering/cpu/Gates.h"

#include "passes/Homogeneous.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

static constexpr double leastGate = -1e4;

Value attn::loadGate(VectorBuilder &b, GenericOp op, const SequenceScalars &sequence, Value position, Value head) {
  Value gates = op.getGates(), zero = b.index(0), none = b.f32(0), gate;
  size_t rank = dataShape(gates.getType()).size();
  Value isBefore = b.less(position, zero), isKey = b.less(position, sequence.keyCount);
  if (rank == 1) {
    gate = b.load(gates, head);
    if (isHomogeneous(op))
      gate = b.select(isKey, gate, none);
    gate = b.select(isBefore, none, gate);
  } else {
    // One round where there is such a key, else none: nothing is read.
    Value rounds = b.select(isBefore, zero, b.select(isKey, b.index(1), zero));
    gate = b.loop(zero, rounds, 1, ValueRange(none), [&](Value, ValueRange) {
      SmallVector<Value, 4> at{sequence.keyOrigin, position, head};
      if (rank == 2)
        at = {b.add(sequence.keyOrigin, position), head};
      if (rank == 4) // In a cache.
        at.push_back(zero);
      return VectorBuilder::Carried{b.load(gates, at)};
    })[0];
  }
  Value least = b.f32(leastGate);
  gate = b.select(arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, gate, least), gate, least);
  return arith::ExtFOp::create(b, b.getF64Type(), gate);
}
