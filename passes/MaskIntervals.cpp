//===- MaskIntervals.cpp - which keys a row may meet, read off a mask region ---===//
//
// Three steps, in this order below: what a value depends on and how it changes with i; a comparison solved for j; and
// the Boolean structure, with negations pushed down to comparisons.
//
//===----------------------------------------------------------------------===//

#include "passes/MaskIntervals.h"

#include "dialect/attn/Attn.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace attn;
using Predicate = arith::CmpIPredicate;

namespace {

enum Dependence : unsigned { onHead = 1, onPosition = 2, onKey = 4 };

/// A sum over a region's values: `position` · i + `key` · j + leaves + constant.
struct Sum {
  int64_t key = 0;
  PositionExpression rest;
};

class MaskAnalysis {
public:
  explicit MaskAnalysis(Region &mask) : block(mask.front()) {}

  MaskIntervals run();

private:
  using Intervals = SmallVector<KeyInterval, 4>;

  unsigned dependence(Value value);
  Direction direction(Value value);
  Direction direction(const PositionExpression &expression);
  bool keepsOrder(Value divisor);

  bool accumulate(Value value, int64_t coefficient, Sum &sum);
  Intervals compare(arith::CmpIOp op, Predicate predicate);
  Intervals compareSides(Value left, int64_t sign, Value right, Predicate predicate, Operation *op);
  std::optional<Intervals> compareQuotient(arith::CmpIOp op, Predicate predicate);
  Intervals solve(const Sum &difference, Predicate predicate, Operation *op);

  Intervals analyze(Value condition, bool negated);
  Intervals conjunction(const Intervals &a, const Intervals &b, Operation *op);
  Intervals disjunction(Intervals a, const Intervals &b, Operation *op);
  Intervals inexact(Operation *op);

  Value position() { return block.getArgument(2); }
  Value key() { return block.getArgument(3); }

  Block &block;
  DenseMap<Value, unsigned> dependences;
  // What the comparison at hand takes to be positive.
  SmallVector<Value, 2> divisors;
  Operation *obstacle = nullptr;
};

} // namespace

//===----------------------------------------------------------------------===//
// What a value depends on, and how it changes as i grows
//===----------------------------------------------------------------------===//

unsigned MaskAnalysis::dependence(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (argument.getOwner() != &block)
      return 0;
    constexpr unsigned ofCoordinate[] = {0, onHead, onPosition, onKey};
    return argument.getArgNumber() < 4 ? ofCoordinate[argument.getArgNumber()] : 0;
  }
  if (value.getParentBlock() != &block)
    return 0;
  auto found = dependences.find(value);
  if (found != dependences.end())
    return found->second;
  unsigned result = 0;
  for (Value operand : value.getDefiningOp()->getOperands())
    result |= dependence(operand);
  dependences[value] = result;
  return result;
}

static Direction opposite(Direction direction) {
  return direction == Direction::up ? Direction::down : direction == Direction::down ? Direction::up : direction;
}

static Direction join(Direction a, Direction b) {
  if (a == Direction::constant)
    return b;
  return b == Direction::constant || a == b ? a : Direction::unknown;
}

/// Positions and reaches fit in i32; what is narrower wraps around, and is no sum.
static bool isWide(Value value) {
  return value.getType().isIndex() || (value.getType().isInteger() && value.getType().getIntOrFloatBitWidth() >= 32);
}

/// Whether x ≤ y keeps x / divisor ≤ y / divisor; that a run-time divisor is positive is left to whoever emits code.
bool MaskAnalysis::keepsOrder(Value divisor) {
  if (dependence(divisor) != 0)
    return false;
  APInt constant;
  if (matchPattern(divisor, m_ConstantInt(&constant)))
    return constant.isStrictlyPositive();
  if (!llvm::is_contained(divisors, divisor))
    divisors.push_back(divisor);
  return true;
}

/// Of a value without j.
Direction MaskAnalysis::direction(Value value) {
  unsigned depends = dependence(value);
  if (depends == 0)
    return Direction::constant;
  if (depends != onPosition || !isWide(value))
    return Direction::unknown;
  if (value == position())
    return Direction::up;
  Operation *op = value.getDefiningOp();
  if (isa<arith::AddIOp, arith::MinSIOp, arith::MaxSIOp>(op))
    return join(direction(op->getOperand(0)), direction(op->getOperand(1)));
  if (isa<arith::SubIOp>(op))
    return join(direction(op->getOperand(0)), opposite(direction(op->getOperand(1))));
  // Rounding down, up and to zero all keep the order.
  if (isa<arith::DivSIOp, arith::FloorDivSIOp, arith::CeilDivSIOp>(op) && keepsOrder(op->getOperand(1)))
    return direction(op->getOperand(0));
  if (isa<arith::ExtSIOp, arith::IndexCastOp>(op))
    return direction(op->getOperand(0));
  if (isa<arith::SelectOp>(op) && dependence(op->getOperand(0)) == 0)
    return join(direction(op->getOperand(1)), direction(op->getOperand(2)));
  APInt factor;
  if (isa<arith::MulIOp>(op) && matchPattern(op->getOperand(1), m_ConstantInt(&factor)))
    return factor.isNegative() ? opposite(direction(op->getOperand(0))) : direction(op->getOperand(0));
  return Direction::unknown;
}

Direction MaskAnalysis::direction(const PositionExpression &expression) {
  auto scaled = [](Direction direction, int64_t coefficient) {
    return coefficient == 0 ? Direction::constant : coefficient < 0 ? opposite(direction) : direction;
  };
  Direction result = scaled(Direction::up, expression.position);
  for (auto [leaf, coefficient] : expression.leaves)
    result = join(result, scaled(direction(leaf), coefficient));
  return result;
}

//===----------------------------------------------------------------------===//
// A comparison, solved for j
//===----------------------------------------------------------------------===//

/// Adds coefficient · value; false where j is inside something that is no sum.
bool MaskAnalysis::accumulate(Value value, int64_t coefficient, Sum &sum) {
  if (coefficient == 0)
    return true;
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant))) {
    sum.rest.constant += coefficient * constant.getSExtValue();
    return true;
  }
  if (value == position()) {
    sum.rest.position += coefficient;
    return true;
  }
  if (value == key()) {
    sum.key += coefficient;
    return true;
  }
  Operation *op = value.getParentBlock() == &block && isWide(value) ? value.getDefiningOp() : nullptr;
  if (op && isa<arith::AddIOp, arith::SubIOp>(op))
    return accumulate(op->getOperand(0), coefficient, sum) &&
           accumulate(op->getOperand(1), isa<arith::SubIOp>(op) ? -coefficient : coefficient, sum);
  if (op && isa<arith::ExtSIOp, arith::IndexCastOp>(op))
    return accumulate(op->getOperand(0), coefficient, sum);
  if (op && isa<arith::MulIOp>(op) && matchPattern(op->getOperand(1), m_ConstantInt(&constant)))
    return accumulate(op->getOperand(0), coefficient * constant.getSExtValue(), sum);
  if (dependence(value) & onKey)
    return false;
  // What cancels out is no leaf: it may be of h, which is no one value where bounds are computed.
  for (auto *leaf = sum.rest.leaves.begin(); leaf != sum.rest.leaves.end(); ++leaf) {
    if (leaf->first != value)
      continue;
    leaf->second += coefficient;
    if (leaf->second == 0)
      sum.rest.leaves.erase(leaf);
    return true;
  }
  sum.rest.leaves.push_back({value, coefficient});
  return true;
}

static PositionExpression negated(PositionExpression expression) {
  expression.position = -expression.position;
  expression.constant = -expression.constant;
  for (auto &leaf : expression.leaves)
    leaf.second = -leaf.second;
  return expression;
}

static PositionExpression plus(PositionExpression expression, int64_t constant) {
  expression.constant += constant;
  return expression;
}

/// `difference` predicate 0, with a coefficient of j that is 1 or −1.
MaskAnalysis::Intervals MaskAnalysis::solve(const Sum &difference, Predicate predicate, Operation *op) {
  Direction along = direction(difference.rest);
  if ((difference.key != 1 && difference.key != -1) || along == Direction::unknown)
    return inexact(op);
  // j ⋈ at, with the predicate turned round where j was subtracted.
  bool flipped = difference.key < 0;
  PositionExpression at = flipped ? difference.rest : negated(difference.rest);
  Direction of = flipped ? along : opposite(along);
  auto one = [&](KeyBound bound) { return Intervals{KeyInterval{{std::move(bound)}, {}, true}}; };
  KeyBound below{false, at, of}, through{false, plus(at, 1), of}, from{true, at, of}, after{true, plus(at, 1), of};
  switch (predicate) {
  case Predicate::slt:
    return one(flipped ? after : below);
  case Predicate::sle:
    return one(flipped ? from : through);
  case Predicate::sgt:
    return one(flipped ? below : after);
  case Predicate::sge:
    return one(flipped ? through : from);
  case Predicate::eq:
    return Intervals{KeyInterval{{from, through}, {}, true}};
  case Predicate::ne:
    return Intervals{KeyInterval{{below}, {}, true}, KeyInterval{{after}, {}, true}};
  default:
    return inexact(op);
  }
}

/// x ⋈ y as y ⋈ x.
static Predicate swapped(Predicate predicate) {
  switch (predicate) {
  case Predicate::slt:
    return Predicate::sgt;
  case Predicate::sle:
    return Predicate::sge;
  case Predicate::sgt:
    return Predicate::slt;
  case Predicate::sge:
    return Predicate::sle;
  default:
    return predicate;
  }
}

/// ⌊j / c⌋ ⋈ f(i), the comparison of blocks: ⌊j / c⌋ ≥ f is j ≥ c · f. Keys are not negative, so that rounding to
/// zero rounds down.
std::optional<MaskAnalysis::Intervals> MaskAnalysis::compareQuotient(arith::CmpIOp op, Predicate predicate) {
  Value quotient = op.getLhs(), other = op.getRhs();
  if (dependence(other) & onKey) {
    std::swap(quotient, other);
    predicate = swapped(predicate);
  }
  Operation *division = quotient.getDefiningOp();
  if (!division || !isa<arith::DivSIOp, arith::FloorDivSIOp>(division) || division->getOperand(0) != key() ||
      !keepsOrder(division->getOperand(1)))
    return std::nullopt;
  Sum sum;
  if ((dependence(other) & onKey) || !accumulate(other, 1, sum))
    return std::nullopt;
  Direction along = direction(sum.rest);
  if (along == Direction::unknown)
    return std::nullopt;
  PositionExpression first = sum.rest, next = plus(sum.rest, 1);
  first.factor = next.factor = division->getOperand(1);
  KeyBound from{true, first, along}, after{true, next, along}, below{false, first, along}, through{false, next, along};
  switch (predicate) {
  case Predicate::slt:
    return Intervals{KeyInterval{{below}, {}, true}};
  case Predicate::sle:
    return Intervals{KeyInterval{{through}, {}, true}};
  case Predicate::sgt:
    return Intervals{KeyInterval{{after}, {}, true}};
  case Predicate::sge:
    return Intervals{KeyInterval{{from}, {}, true}};
  case Predicate::eq:
    return Intervals{KeyInterval{{from, through}, {}, true}};
  case Predicate::ne:
    return Intervals{KeyInterval{{below}, {}, true}, KeyInterval{{after}, {}, true}};
  default:
    return std::nullopt;
  }
}

static bool hasTwoBranches(Value value) {
  return isWide(value) && isa_and_nonnull<arith::MaxSIOp, arith::MinSIOp, math::AbsIOp>(value.getDefiningOp());
}

MaskAnalysis::Intervals MaskAnalysis::compare(arith::CmpIOp op, Predicate predicate) {
  if (std::optional<Intervals> blocks = compareQuotient(op, predicate))
    return *blocks;
  if (hasTwoBranches(op.getRhs()) && !hasTwoBranches(op.getLhs()))
    return compareSides(op.getRhs(), 1, op.getLhs(), swapped(predicate), op);
  return compareSides(op.getLhs(), 1, op.getRhs(), predicate, op);
}

/// sign · left ⋈ right. The larger of two sums is below a third where both are, and above it where one is; |x| is the
/// larger of x and −x.
MaskAnalysis::Intervals MaskAnalysis::compareSides(Value left, int64_t sign, Value right, Predicate predicate,
                                                   Operation *op) {
  bool isBelow = predicate == Predicate::slt || predicate == Predicate::sle;
  bool isAbove = predicate == Predicate::sgt || predicate == Predicate::sge;
  if (hasTwoBranches(left) && (dependence(left) & onKey) && (isBelow || isAbove)) {
    Operation *choice = left.getDefiningOp();
    bool isMagnitude = isa<math::AbsIOp>(choice), isLarger = !isa<arith::MinSIOp>(choice) == (sign > 0);
    Intervals a = compareSides(choice->getOperand(0), sign, right, predicate, op);
    Intervals b = isMagnitude ? compareSides(choice->getOperand(0), -sign, right, predicate, op)
                              : compareSides(choice->getOperand(1), sign, right, predicate, op);
    return isBelow == isLarger ? conjunction(a, b, op) : disjunction(a, b, op);
  }
  Sum difference;
  if (!accumulate(left, sign, difference) || !accumulate(right, -1, difference))
    return inexact(op);
  return solve(difference, predicate, op);
}

//===----------------------------------------------------------------------===//
// The Boolean structure
//===----------------------------------------------------------------------===//

/// Every key may be met, and nothing is known of which are.
MaskAnalysis::Intervals MaskAnalysis::inexact(Operation *op) {
  if (!obstacle)
    obstacle = op;
  return Intervals{KeyInterval{{}, {}, false}};
}

MaskAnalysis::Intervals MaskAnalysis::conjunction(const Intervals &a, const Intervals &b, Operation *op) {
  if (a.size() * b.size() > maximumIntervals)
    return inexact(op);
  Intervals result;
  for (const KeyInterval &left : a) {
    for (const KeyInterval &right : b) {
      KeyInterval both = left;
      llvm::append_range(both.bounds, right.bounds);
      llvm::append_range(both.conditions, right.conditions);
      llvm::append_range(both.divisors, right.divisors);
      both.exact &= right.exact;
      result.push_back(std::move(both));
    }
  }
  return result;
}

/// Takes `other` into `interval` where both together are one interval again: j < x or j < y is j < max(x, y), and all
/// keys take in whatever is known no better.
static bool takeIn(KeyInterval &interval, const KeyInterval &other) {
  if (interval.isWhole() && (interval.exact || !other.exact))
    return true;
  auto isOneBound = [](const KeyInterval &x) { return x.exact && x.bounds.size() == 1 && x.conditions.empty(); };
  if (!isOneBound(interval) || !isOneBound(other) || interval.bounds[0].isLower != other.bounds[0].isLower)
    return false;
  llvm::append_range(interval.bounds[0].places, other.bounds[0].places);
  llvm::append_range(interval.divisors, other.divisors);
  return true;
}

MaskAnalysis::Intervals MaskAnalysis::disjunction(Intervals a, const Intervals &b, Operation *op) {
  for (const KeyInterval &interval : b)
    if (llvm::none_of(a, [&](KeyInterval &known) { return takeIn(known, interval); }))
      a.push_back(interval);
  return a.size() > maximumIntervals ? inexact(op) : a;
}

MaskAnalysis::Intervals MaskAnalysis::analyze(Value condition, bool negated) {
  APInt constant;
  if (matchPattern(condition, m_ConstantInt(&constant)))
    return constant.isZero() == negated ? Intervals{KeyInterval{}} : Intervals{};
  if (unsigned depends = dependence(condition); (depends & ~onHead) == 0)
    return Intervals{KeyInterval{{}, {{condition, !negated, depends != 0}}, true}};
  Operation *op = condition.getDefiningOp();
  if (!op)
    return inexact(block.getParentOp());
  if (auto comparison = dyn_cast<arith::CmpIOp>(op); comparison && !comparison.getLhs().getType().isInteger(1)) {
    divisors.clear();
    Predicate predicate = comparison.getPredicate();
    Intervals result = compare(comparison, negated ? arith::invertPredicate(predicate) : predicate);
    for (KeyInterval &interval : result)
      interval.divisors = divisors;
    return result;
  }
  if (isa<arith::AndIOp, arith::OrIOp>(op)) {
    Intervals a = analyze(op->getOperand(0), negated), b = analyze(op->getOperand(1), negated);
    return isa<arith::AndIOp>(op) != negated ? conjunction(a, b, op) : disjunction(a, b, op);
  }
  auto choose = [&](Value which, Value yes, bool negateYes, Value no, bool negateNo) {
    return disjunction(conjunction(analyze(which, false), analyze(yes, negateYes), op),
                       conjunction(analyze(which, true), analyze(no, negateNo), op), op);
  };
  if (isa<arith::XOrIOp>(op)) {
    if (matchPattern(op->getOperand(1), m_ConstantInt(&constant)))
      return analyze(op->getOperand(0), negated == constant.isZero());
    return choose(op->getOperand(0), op->getOperand(1), !negated, op->getOperand(1), negated);
  }
  if (isa<arith::SelectOp>(op))
    return choose(op->getOperand(0), op->getOperand(1), negated, op->getOperand(2), negated);
  return inexact(op);
}

MaskIntervals MaskAnalysis::run() {
  MaskIntervals result;
  result.intervals = analyze(block.getTerminator()->getOperand(0), /*negated=*/false);
  result.obstacle = obstacle;
  return result;
}

MaskIntervals attn::analyzeMask(Region &mask) { return MaskAnalysis(mask).run(); }
