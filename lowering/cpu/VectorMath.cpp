//===- VectorMath.cpp - sums and choices over the lanes of vectors ---===//

#include "lowering/cpu/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace attn;

static Value add(ImplicitLocOpBuilder &b, Value x, Value y) { return arith::AddFOp::create(b, x, y); }

Value attn::splat(ImplicitLocOpBuilder &b, Value value, int64_t lanes) {
  return vector::BroadcastOp::create(b, VectorType::get(lanes, value.getType()), value);
}

static Value half(ImplicitLocOpBuilder &b, Value x, bool upper) {
  int64_t lanes = cast<VectorType>(x.getType()).getNumElements();
  return vector::ExtractStridedSliceOp::create(b, x, ArrayRef<int64_t>{upper ? lanes / 2 : 0},
                                               ArrayRef<int64_t>{lanes / 2}, ArrayRef<int64_t>{1});
}

/// Folds halves upon each other until `lanes` lanes are left.
static Value fold(ImplicitLocOpBuilder &b, Value x, int64_t lanes, function_ref<Value(Value, Value)> combine) {
  while (cast<VectorType>(x.getType()).getNumElements() > lanes)
    x = combine(half(b, x, false), half(b, x, true));
  return x;
}

Value attn::sumLanes(ImplicitLocOpBuilder &b, Value x) {
  return vector::ExtractOp::create(b, fold(b, x, 1, [&](Value l, Value u) { return add(b, l, u); }), 0);
}

Value attn::maxLanes(ImplicitLocOpBuilder &b, Value x) {
  auto greater = [&](Value l, Value u) -> Value {
    Value above = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, l, u);
    return arith::SelectOp::create(b, above, l, u);
  };
  return vector::ExtractOp::create(b, fold(b, x, 1, greater), 0);
}

/// Interleaves the lower (or upper) pairs of each four lanes of x and y: one unpack instruction.
static Value unpack(ImplicitLocOpBuilder &b, Value x, Value y, bool upper) {
  int64_t lanes = cast<VectorType>(x.getType()).getNumElements();
  SmallVector<int64_t> order;
  for (int64_t group = 0; group < lanes; group += 4)
    for (int64_t lane = group + (upper ? 2 : 0), end = lane + 2; lane < end; ++lane)
      order.append({lane, lanes + lane});
  return vector::ShuffleOp::create(b, x, y, order);
}

Value attn::sumLanesOfEach(ImplicitLocOpBuilder &b, ValueRange vectors) {
  // Joining i with i + half each time puts the sums in natural order: ac, bd → abcd.
  SmallVector<Value> rest(vectors);
  int64_t count = rest.size();
  while (rest.size() > 1) {
    size_t middle = rest.size() / 2;
    for (size_t i = 0; i < middle; ++i)
      rest[i] = add(b, unpack(b, rest[i], rest[i + middle], false), unpack(b, rest[i], rest[i + middle], true));
    rest.resize(middle);
  }
  return fold(b, rest.front(), count, [&](Value l, Value u) { return add(b, l, u); });
}
