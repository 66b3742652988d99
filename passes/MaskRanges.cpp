//===- MaskRanges.cpp - the keys that a tile of rows meets, in scalar code ---===//
//
// Per row a mask is a union of intervals whose bounds are monotone in the row's position (MaskIntervals.h). For the
// rows first … last of a tile an interval gives
//
//   hull = [max of the lower bounds' minima, min of the upper bounds' maxima)     some row may admit a key in it
//   full = [max of the lower bounds' maxima, min of the upper bounds' minima)     every row admits every key in it
//
// both read off at the two ends. A condition on n and h empties the hull where it holds for no head of the tile, and
// the full part where it does not hold for all of them. Hulls of several intervals are sorted and merged, so that no
// key is met twice. Each hull falls into a partial, a full and a partial range; the full one is cut to whole steps.
//
//===----------------------------------------------------------------------===//

#include "passes/MaskRanges.h"

#include "passes/MaskIntervals.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace attn;

namespace {

/// begin ≤ j < end; empty where end ≤ begin.
struct Span {
  Value begin, end;
};

class RangeEmitter {
public:
  RangeEmitter(ImplicitLocOpBuilder &builder, Region *mask, ValueRange captures, const RowSpan &rows, int64_t step)
      : b(builder), mask(mask), captures(captures), rows(rows), step(step) {}

  SmallVector<KeyRange> run(Operation *&obstacle);

private:
  // Arithmetic on index, folded where it can be.
  Value constant(int64_t value) { return arith::ConstantIndexOp::create(b, value); }
  template <typename Op> Value make(Value x, Value y) { return b.createOrFold<Op>(x, y); }
  Value min(Value x, Value y) { return make<arith::MinSIOp>(x, y); }
  Value max(Value x, Value y) { return make<arith::MaxSIOp>(x, y); }
  Value less(Value x, Value y) { return b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt, x, y); }
  Value select(Value which, Value x, Value y) { return b.createOrFold<arith::SelectOp>(which, x, y); }

  // Values of the region, outside of it.
  Value asIndex(Value value) {
    return value.getType().isIndex() ? value : b.createOrFold<arith::IndexCastOp>(b.getIndexType(), value);
  }
  IRMapping &outsideAt(bool last);
  void place(IRMapping &mapping, unsigned number, Value index);
  /// Where no position is asked for, by head.
  IRMapping &outsideOf(int64_t head);
  Value materialize(Value value, IRMapping &mapping);
  Value materialize(Value value, bool last) { return materialize(value, outsideAt(last)); }
  Value evaluate(const PositionExpression &expression, bool last);
  Value extreme(const KeyBound &bound, bool largest);

  void addInterval(const KeyInterval &interval);
  void apply(const PairCondition &condition, Span &hull, Span &full);
  void sortAndMerge(SmallVector<Span, 4> &spans);
  Span longestWithin(const Span &hull, ArrayRef<Span> candidates);
  void addPieces(const Span &hull, const Span &full, bool beginsFull);

  ImplicitLocOpBuilder &b;
  Region *mask;
  ValueRange captures;
  RowSpan rows;
  int64_t step;
  Value zero;
  IRMapping atFirst, atLast;
  SmallVector<IRMapping, 4> ofHead;
  SmallVector<Span, 4> hulls, fulls;
  SmallVector<KeyRange> fullRanges, partialRanges;
};

} // namespace

//===----------------------------------------------------------------------===//
// Values of the region, outside of it
//===----------------------------------------------------------------------===//

IRMapping &RangeEmitter::outsideAt(bool last) {
  IRMapping &mapping = last ? atLast : atFirst;
  if (!mapping.contains(mask->getArgument(0)))
    place(mapping, 2, last ? rows.last : rows.first);
  return mapping;
}

IRMapping &RangeEmitter::outsideOf(int64_t head) {
  ofHead.resize(rows.heads);
  IRMapping &mapping = ofHead[head];
  if (!mapping.contains(mask->getArgument(0)))
    place(mapping, 1, make<arith::AddIOp>(rows.firstHead, constant(head)));
  return mapping;
}

/// Takes the sequence, the captures and one more coordinate outside.
void RangeEmitter::place(IRMapping &mapping, unsigned number, Value index) {
  Block &block = mask->front();
  auto coordinate = [&](unsigned number, Value index) {
    BlockArgument argument = block.getArgument(number);
    mapping.map(argument, b.createOrFold<arith::IndexCastOp>(argument.getType(), index));
  };
  coordinate(0, rows.sequence);
  coordinate(number, index);
  for (auto [argument, capture] : llvm::zip(block.getArguments().drop_front(4), captures))
    mapping.map(argument, capture);
}

Value RangeEmitter::materialize(Value value, IRMapping &mapping) {
  if (mapping.contains(value))
    return mapping.lookup(value);
  if (value.getParentRegion() != mask)
    return value;
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    materialize(operand, mapping);
  Operation *copy = b.clone(*op, mapping);
  // This code runs where no pair asks for the value, too: a divisor that is 0 must not trap.
  if (isa<arith::DivSIOp, arith::FloorDivSIOp, arith::CeilDivSIOp, arith::RemSIOp, arith::RemUIOp>(copy)) {
    b.setInsertionPoint(copy);
    Value divisor = copy->getOperand(1);
    auto literal = [&](int64_t value) {
      return arith::ConstantOp::create(b, b.getIntegerAttr(divisor.getType(), value));
    };
    Value isZero = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, divisor, literal(0));
    copy->setOperand(1, select(isZero, literal(1), divisor));
    b.setInsertionPointAfter(copy);
  }
  return mapping.lookup(value);
}

Value RangeEmitter::evaluate(const PositionExpression &expression, bool last) {
  auto add = [&](Value sum, Value term, int64_t coefficient) {
    if (coefficient == 1)
      return make<arith::AddIOp>(sum, term);
    return make<arith::AddIOp>(sum, make<arith::MulIOp>(term, constant(coefficient)));
  };
  Value sum = constant(expression.constant);
  if (expression.position != 0)
    sum = add(sum, last ? rows.last : rows.first, expression.position);
  for (auto [leaf, coefficient] : expression.leaves)
    sum = add(sum, asIndex(materialize(leaf, last)), coefficient);
  if (!expression.factor)
    return sum;
  return make<arith::MulIOp>(sum, asIndex(materialize(expression.factor, last)));
}

/// The bound's largest or smallest value over the rows of the tile. Where its places move in opposite directions, the
/// smallest value of an upper bound and the largest of a lower one are estimated to the safe side.
Value RangeEmitter::extreme(const KeyBound &bound, bool largest) {
  Value result;
  for (const KeyBound::Place &place : bound.places) {
    Value at = evaluate(place.at, (place.direction == Direction::up) == largest);
    result = !result ? at : bound.isLower ? min(result, at) : max(result, at);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Hull and full part of each interval
//===----------------------------------------------------------------------===//

/// What holds for some heads of the tile and not for others is for the mask to tell apart.
void RangeEmitter::apply(const PairCondition &condition, Span &hull, Span &full) {
  Value some, all;
  if (!condition.ofHead)
    some = all = materialize(condition.value, /*last=*/false);
  for (int64_t head = 0; condition.ofHead && head < rows.heads; ++head) {
    Value holds = materialize(condition.value, outsideOf(head));
    some = some ? make<arith::OrIOp>(some, holds) : holds;
    all = all ? make<arith::AndIOp>(all, holds) : holds;
  }
  hull.end = condition.expected ? select(some, hull.end, zero) : select(all, zero, hull.end);
  full.end = condition.expected ? select(all, full.end, zero) : select(some, zero, full.end);
}

void RangeEmitter::addInterval(const KeyInterval &interval) {
  Span hull{zero, rows.keyCount}, full{zero, rows.keyCount};
  for (const KeyBound &bound : interval.bounds) {
    if (bound.isLower) {
      hull.begin = max(hull.begin, extreme(bound, /*largest=*/false));
      full.begin = max(full.begin, extreme(bound, /*largest=*/true));
    } else {
      hull.end = min(hull.end, extreme(bound, /*largest=*/true));
      full.end = min(full.end, extreme(bound, /*largest=*/false));
    }
  }
  for (Value divisor : interval.divisors) {
    Value isPositive = less(zero, asIndex(materialize(divisor, /*last=*/false)));
    hull = {select(isPositive, hull.begin, zero), select(isPositive, hull.end, rows.keyCount)};
    full.end = select(isPositive, full.end, zero);
  }
  for (const PairCondition &condition : interval.conditions)
    apply(condition, hull, full);
  if (!interval.exact)
    full.end = zero;
  // A window of less than nothing ends before it begins, by up to 2^31: no target has to count steps of that.
  if (hull.begin != zero)
    hull.end = max(hull.begin, hull.end);
  hulls.push_back(hull);
  fulls.push_back(full);
}

//===----------------------------------------------------------------------===//
// Unions
//===----------------------------------------------------------------------===//

/// Afterwards spans ascend and are disjoint; some may be empty.
void RangeEmitter::sortAndMerge(SmallVector<Span, 4> &spans) {
  for (Span &span : spans) // Full parts may still end before they begin.
    span.end = max(span.begin, span.end);
  for (size_t pass = 0; pass + 1 < spans.size(); ++pass) {
    for (size_t at = 0; at + 1 < spans.size() - pass; ++at) {
      Span x = spans[at], y = spans[at + 1];
      Value swap = less(y.begin, x.begin);
      spans[at] = {select(swap, y.begin, x.begin), select(swap, y.end, x.end)};
      spans[at + 1] = {select(swap, x.begin, y.begin), select(swap, x.end, y.end)};
    }
  }
  for (size_t at = 0; at + 1 < spans.size(); ++at) {
    Span x = spans[at], y = spans[at + 1];
    Value apart = less(x.end, y.begin);
    spans[at] = {x.begin, select(apart, x.end, x.begin)};
    spans[at + 1] = {select(apart, y.begin, x.begin), select(apart, y.end, max(x.end, y.end))};
  }
}

/// One full part for each hull: the longest, where several lie in it.
Span RangeEmitter::longestWithin(const Span &hull, ArrayRef<Span> candidates) {
  Span best{hull.begin, hull.begin};
  Value bestLength = zero;
  for (const Span &candidate : candidates) {
    Span inside{max(candidate.begin, hull.begin), min(candidate.end, hull.end)};
    Value length = make<arith::SubIOp>(inside.end, inside.begin);
    Value better = less(bestLength, length);
    best = {select(better, inside.begin, best.begin), select(better, inside.end, best.end)};
    bestLength = max(bestLength, length);
  }
  return best;
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

/// Cuts a hull into partial, full, partial; the full part begins whole steps after the hull and is whole steps long.
void RangeEmitter::addPieces(const Span &hull, const Span &full, bool beginsFull) {
  Value steps = constant(step), begin = hull.begin;
  if (!beginsFull) {
    Value lead = max(make<arith::SubIOp>(full.begin, hull.begin), zero);
    begin = make<arith::AddIOp>(hull.begin, make<arith::MulIOp>(make<arith::CeilDivSIOp>(lead, steps), steps));
  }
  Value length = max(make<arith::SubIOp>(full.end, begin), zero);
  Value end = make<arith::AddIOp>(begin, make<arith::MulIOp>(make<arith::DivSIOp>(length, steps), steps));
  fullRanges.push_back({begin, end, /*isFull=*/true});
  if (!beginsFull)
    partialRanges.push_back({hull.begin, min(begin, hull.end), /*isFull=*/false});
  partialRanges.push_back({end, hull.end, /*isFull=*/false});
}

SmallVector<KeyRange> RangeEmitter::run(Operation *&obstacle) {
  zero = constant(0);
  MaskIntervals analysis;
  if (mask)
    analysis = analyzeMask(*mask);
  else
    analysis.intervals.push_back(KeyInterval());
  obstacle = analysis.obstacle;
  for (const KeyInterval &interval : analysis.intervals)
    addInterval(interval);

  // All keys take in every other interval; what is full in those may be full still.
  const auto *whole = llvm::find_if(analysis.intervals, [](const KeyInterval &x) { return x.isWhole(); });
  if (hulls.size() > 1 && whole != analysis.intervals.end()) {
    sortAndMerge(fulls);
    const Span &hull = hulls[whole - analysis.intervals.begin()];
    addPieces(hull, longestWithin(hull, fulls), /*beginsFull=*/false);
  } else if (hulls.size() == 1) {
    const KeyInterval &only = analysis.intervals.front();
    if (!only.exact)
      return {{hulls[0].begin, hulls[0].end, /*isFull=*/false}};
    bool hasLower = llvm::any_of(only.bounds, [](const KeyBound &bound) { return bound.isLower; });
    addPieces(hulls[0], fulls[0], /*beginsFull=*/!hasLower);
  } else {
    sortAndMerge(hulls);
    sortAndMerge(fulls);
    for (const Span &hull : hulls)
      addPieces(hull, longestWithin(hull, fulls), /*beginsFull=*/false);
  }
  llvm::append_range(fullRanges, partialRanges);
  return fullRanges;
}

SmallVector<KeyRange> attn::emitKeyRanges(ImplicitLocOpBuilder &builder, Region *mask, ValueRange captures,
                                          const RowSpan &rows, int64_t step, Operation *&obstacle) {
  return RangeEmitter(builder, mask, captures, rows, step).run(obstacle);
}
