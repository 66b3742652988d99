//===- Block.cpp - what `block` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

#include <limits>

using namespace mlir;
using namespace attn;

LogicalResult BlockOp::verify() {
  Checks checks;
  if (getEarlier() && getLater()) // (C2)
    checks.add(emitOpError("expects `earlier` or `later`, but got both; they are two chains, whose outputs are added"));
  LogicalResult isInRange = verifyConstant(*this, getSize(), "size", {1, std::numeric_limits<int32_t>::max()}, // (C1)
                                           "in blocks of 1 a query sees only itself");
  checks.add(isInRange);
  APInt size;
  if (succeeded(isInRange) && (getEarlier() || getLater()) && matchPattern(getSize(), m_ConstantInt(&size)) &&
      size[0]) // (C1)
    checks.add(emitOpError() << "expects an even size of blocks that overlap by half, but got " << size.getSExtValue()
                             << "; write an even number");
  return checks;
}

/// The part of the block `later` or `earlier` in the output of row i, m = ⌊i / h⌋. A block k > 0 exists where block k −
/// 1 ends before the last key.
static Value crossFade(ScalarBuilder &b, Value half, bool isLater) {
  using Predicate = arith::CmpIPredicate;
  auto compare = [&](Predicate predicate, Value x, Value y) -> Value {
    return arith::CmpIOp::create(b, predicate, x, y);
  };
  auto select = [&](Value condition, Value x, Value y) -> Value { return arith::SelectOp::create(b, condition, x, y); };
  Value m = arith::FloorDivSIOp::create(b, b.i, half), begin = arith::MulIOp::create(b, m, half);
  Value keys = CountOp::create(b, b.getI32Type(), b.getUnitAttr(), b.n), zero = b.f32(0), one = b.f32(1);
  Value offset = arith::SIToFPOp::create(b, b.getF32Type(), arith::SubIOp::create(b, b.i, begin));
  Value part = arith::DivFOp::create(b, arith::AddFOp::create(b, offset, b.f32(0.5)),
                                     arith::SIToFPOp::create(b, b.getF32Type(), half));
  Value isReached = compare(Predicate::sge, arith::AddIOp::create(b, begin, half), keys);
  Value later = select(isReached, zero, part), isFirst = compare(Predicate::eq, m, b.i32(0));
  if (isLater)
    return select(compare(Predicate::slt, m, b.i32(0)), zero, select(isFirst, one, later));
  Value exists = arith::OrIOp::create(b, compare(Predicate::eq, m, b.i32(1)), compare(Predicate::slt, begin, keys));
  Value isCovered = arith::AndIOp::create(b, exists, compare(Predicate::sgt, m, b.i32(0)));
  return select(isCovered, arith::SubFOp::create(b, one, later), zero);
}

void BlockOp::contribute(GenericBuilder &generic) {
  using Predicate = arith::CmpIPredicate;
  bool overlaps = getEarlier() || getLater();
  auto halfOf = [&](ScalarBuilder &b) -> Value {
    Value given = b.capture(getSize()), half = b.createOrFold<arith::FloorDivSIOp>(given, b.i32(2));
    return b.createOrFold<arith::MaxSIOp>(half, b.i32(1));
  };
  generic.narrowMask([&](ScalarBuilder &b) -> Value {
    Value size = overlaps ? halfOf(b) : b.divisor(getSize());
    // Keys are not negative: rounding to zero rounds down.
    Value ofKey = arith::DivSIOp::create(b, b.j, size), ofRow = arith::FloorDivSIOp::create(b, b.i, size);
    if (!overlaps)
      return arith::CmpIOp::create(b, Predicate::eq, ofKey, ofRow);
    // Two halves, from that of the row or the one before it on.
    Value before = arith::SubIOp::create(b, ofRow, b.i32(1)), after = arith::AddIOp::create(b, ofRow, b.i32(1));
    Value begins = arith::CmpIOp::create(b, Predicate::sge, ofKey, getLater() ? ofRow : before);
    return arith::AndIOp::create(b, begins,
                                 arith::CmpIOp::create(b, Predicate::sle, ofKey, getLater() ? after : ofRow));
  });
  if (overlaps)
    generic.grow(RegionKind::factor, [&](ScalarBuilder &b, ValueRange) { return crossFade(b, halfOf(b), getLater()); });
}
