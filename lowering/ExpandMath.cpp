//===- ExpandMath.cpp - functions of math become arithmetic ---===//
//
// Upstream's approximations serve where they are accurate relative to the result. The rules here go before them: for
// what upstream has only with an absolute error (sin, tan and sinh near 0), with another one than graph ops have (tanh,
// erf), or not at all.
//
//===----------------------------------------------------------------------===//

#include "lowering/ExpandMath.h"

#include "lowering/Elementary.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Arithmetic on scalars and vectors
//===----------------------------------------------------------------------===//

namespace {
struct Arithmetic : ImplicitLocOpBuilder {
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  Value add(Value x, Value y) { return arith::AddFOp::create(*this, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(*this, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(*this, x, y); }
  Value mul(Value x, double y) { return mul(x, constantLike(*this, x, y)); }
  Value div(Value x, Value y) { return arith::DivFOp::create(*this, x, y); }
  Value abs(Value x) { return math::AbsFOp::create(*this, x); }
  Value sqrt(Value x) { return math::SqrtOp::create(*this, x); }
  Value withSign(Value magnitude, Value sign) { return math::CopySignOp::create(*this, magnitude, sign); }
  Value compare(arith::CmpFPredicate predicate, Value x, Value y) {
    return arith::CmpFOp::create(*this, predicate, x, y);
  }
  Value less(Value x, Value y) { return compare(arith::CmpFPredicate::OLT, x, y); }
  Value less(Value x, double y) { return less(x, constantLike(*this, x, y)); }
  Value select(Value condition, Value x, Value y) { return arith::SelectOp::create(*this, condition, x, y); }

  Type withElement(Value like, Type element) {
    auto vector = dyn_cast<VectorType>(like.getType());
    return vector ? Type(vector.clone(element)) : element;
  }
  Value wide(Value x) { return arith::ExtFOp::create(*this, withElement(x, getF64Type()), x); }
  Value narrow(Value x) { return arith::TruncFOp::create(*this, withElement(x, getF32Type()), x); }

  Value odd(Value n) {
    Value bit = arith::AndIOp::create(*this, n, constantLike(*this, n, 1));
    return arith::CmpIOp::create(*this, arith::CmpIPredicate::ne, bit, constantLike(*this, n, 0));
  }
  Value negative(Value n) {
    return arith::CmpIOp::create(*this, arith::CmpIPredicate::slt, n, constantLike(*this, n, 0));
  }
  Value minus(Value n) { return arith::SubIOp::create(*this, constantLike(*this, n, 0), n); }

  /// `count` times, from `inits` on: one loop, whatever the lanes.
  SmallVector<Value> repeat(int64_t count, ValueRange inits, function_ref<SmallVector<Value>(ValueRange)> code) {
    auto index = [&](int64_t value) { return arith::ConstantIndexOp::create(*this, value); };
    auto loop = scf::ForOp::create(*this, index(0), index(count), index(1), inits);
    OpBuilder::InsertionGuard guard(*this);
    setInsertionPointToStart(loop.getBody());
    scf::YieldOp::create(*this, code(loop.getRegionIterArgs()));
    return SmallVector<Value>(loop.getResults());
  }
};
} // namespace

using Values = SmallVector<Value, 2>;
using Predicate = arith::CmpFPredicate;

static constexpr double infinity = std::numeric_limits<double>::infinity();

//===----------------------------------------------------------------------===//
// Angles and hyperbolas
//===----------------------------------------------------------------------===//

static SinCos sincos(Arithmetic &b, Value x) { return sincosTurns(b, b.mul(b.wide(x), 0.5 / M_PI)); }

static Values expandTan(Arithmetic &b, ValueRange x) {
  SinCos both = sincos(b, x[0]);
  return {b.div(both.sin, both.cos)};
}

/// e^|x|/2 and e^−|x|/2, the first finite as far as it is.
static std::pair<Value, Value> halvedExponentials(Arithmetic &b, Value x) {
  Value root = attn::exp(b, b.mul(b.abs(x), 0.5));
  return {b.mul(b.mul(root, 0.5), root), b.div(b.div(constantLike(b, x, 0.5), root), root)};
}

static Values expandSinh(Arithmetic &b, ValueRange x) {
  auto [rising, falling] = halvedExponentials(b, x[0]);
  Value far = b.withSign(b.sub(rising, falling), x[0]);
  // Below 1 Taylor's series: the next term is 1.6e-10.
  Value square = b.mul(x[0], x[0]), series = constantLike(b, square, 1.0 / 39916800);
  for (double coefficient : {1.0 / 362880, 1.0 / 5040, 1.0 / 120, 1.0 / 6})
    series = b.add(b.mul(series, square), constantLike(b, square, coefficient));
  Value near = b.add(x[0], b.mul(b.mul(series, square), x[0]));
  return {b.select(b.less(b.abs(x[0]), 1), near, far)};
}

static Values expandCosh(Arithmetic &b, ValueRange x) {
  auto [rising, falling] = halvedExponentials(b, x[0]);
  return {b.add(rising, falling)};
}

/// The inverse of sinh or cosh for x ≥ `limit`, where a square would soon overflow: ln 2x, to 1/(4x²).
static Value inverseOfFar(Arithmetic &b, Value x) {
  Value logarithm = math::LogOp::create(b, x);
  return b.add(logarithm, constantLike(b, x, M_LN2));
}
static constexpr double farInverse = 1e5;

/// ln(a + √(a² + 1)) = ln(1 + a + a²/(1 + √(a² + 1))): no cancellation near 0.
static Values expandAsinh(Arithmetic &b, ValueRange x) {
  Value a = b.abs(x[0]), square = b.mul(a, a), one = constantLike(b, a, 1);
  Value above = b.add(a, b.div(square, b.add(one, b.sqrt(b.add(square, one)))));
  Value near = math::Log1pOp::create(b, above);
  return {b.withSign(b.select(b.less(a, farInverse), near, inverseOfFar(b, a)), x[0])};
}

/// ln(x + √(x² − 1)) = ln(1 + t + √t √(t + 2)), t = x − 1; NaN below 1.
static Values expandAcosh(Arithmetic &b, ValueRange x) {
  Value t = b.sub(x[0], constantLike(b, x[0], 1));
  Value root = b.mul(b.sqrt(t), b.sqrt(b.add(t, constantLike(b, t, 2))));
  Value near = math::Log1pOp::create(b, b.add(t, root));
  return {b.select(b.less(x[0], farInverse), near, inverseOfFar(b, x[0]))};
}

/// ½ ln((1 + a)/(1 − a)) = ½ ln(1 + 2a/(1 − a)); NaN beyond 1.
static Values expandAtanh(Arithmetic &b, ValueRange x) {
  Value a = b.abs(x[0]);
  Value above = b.div(b.mul(a, 2), b.sub(constantLike(b, a, 1), a));
  Value logarithm = math::Log1pOp::create(b, above);
  return {b.withSign(b.mul(logarithm, 0.5), x[0])};
}

//===----------------------------------------------------------------------===//
// Powers of integers
//===----------------------------------------------------------------------===//

/// base^n by squaring, the bits of n taken as unsigned.
static Value powerBySquaring(Arithmetic &b, Value base, Value n, function_ref<Value(Value, Value)> multiply) {
  unsigned bits = getElementTypeOrSelf(n).getIntOrFloatBitWidth();
  return b.repeat(bits, {constantLike(b, base, 1), base, n}, [&](ValueRange carried) -> SmallVector<Value> {
    Value result = carried[0], square = carried[1], rest = carried[2];
    Value next = b.select(b.odd(rest), multiply(result, square), result);
    Value fewer = arith::ShRUIOp::create(b, rest, constantLike(b, rest, 1));
    return {next, multiply(square, square), fewer};
  })[0];
}

/// In f64, whose error grows with n to 2⁻²² at most; 1/x^−n below 0.
static Values expandFPowI(Arithmetic &b, ValueRange x) {
  Value n = x[1], isNegative = b.negative(n);
  Value power = powerBySquaring(b, b.wide(x[0]), b.select(isNegative, b.minus(n), n),
                                [&](Value l, Value r) { return b.mul(l, r); });
  Value inverse = b.div(constantLike(b, power, 1), power);
  return {b.narrow(b.select(isNegative, inverse, power))};
}

/// Modulo 2^bits. Below 0, 1 and −1 keep what they are of an odd power, and all others, 0 too, give 0.
static Values expandIPowI(Arithmetic &b, ValueRange x) {
  Value base = x[0], n = x[1], one = constantLike(b, base, 1), zero = constantLike(b, base, 0);
  Value power = powerBySquaring(b, base, n, [&](Value l, Value r) -> Value { return arith::MulIOp::create(b, l, r); });
  auto equals = [&](Value y) -> Value { return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, base, y); };
  Value isUnit = arith::OrIOp::create(b, equals(one), equals(b.minus(one)));
  Value inverse = b.select(isUnit, b.select(b.odd(n), base, one), zero);
  return {b.select(b.negative(n), inverse, power)};
}

//===----------------------------------------------------------------------===//
// Rounding, remainder, choice
//===----------------------------------------------------------------------===//

/// Ties away from zero: the greatest number below ½ is added, so that no sum is rounded up to an integer.
static Values expandRound(Arithmetic &b, ValueRange x) {
  Value half = b.withSign(constantLike(b, x[0], 0.5 - std::ldexp(1, -25)), x[0]);
  return {math::TruncOp::create(b, b.add(x[0], half))};
}

/// Exact: |x| in f64 is reduced by multiples of |y| 2^(28 i), i = 9 … 0, each less than 2²⁸ + 1 of them, so that no
/// product is rounded; a quotient that was rounded up to an integer leaves a negative rest, which is set right.
static Values expandRemF(Arithmetic &b, ValueRange x) {
  constexpr int64_t steps = 10, bitsOfStep = 28;
  Value divisor = b.wide(b.abs(x[1])), dividend = b.wide(b.abs(x[0]));
  Value rest = b.repeat(steps, {dividend, b.mul(divisor, std::ldexp(1.0, (steps - 1) * bitsOfStep))},
                        [&](ValueRange carried) -> SmallVector<Value> {
                          Value rest = carried[0], unit = carried[1];
                          Value count = math::TruncOp::create(b, b.div(rest, unit));
                          Value next = b.sub(rest, b.mul(count, unit));
                          next = b.select(b.less(next, 0), b.add(next, unit), next);
                          return {next, b.mul(unit, std::ldexp(1.0, -bitsOfStep))};
                        })[0];
  // A dividend that is less stays, an infinite divisor's too, of which no multiple is finite.
  rest = b.select(b.less(dividend, divisor), dividend, rest);
  return {b.withSign(b.narrow(rest), x[0])};
}

/// NaN stays.
static Values expandClamp(Arithmetic &b, ValueRange x) {
  Value atLeast = b.select(b.less(x[0], x[1]), x[1], x[0]);
  return {b.select(b.less(x[2], atLeast), x[2], atLeast)};
}

static Values expandIsNormal(Arithmetic &b, ValueRange x) {
  Value a = b.abs(x[0]), least = constantLike(b, a, std::numeric_limits<float>::min());
  return {arith::AndIOp::create(b, b.compare(Predicate::OGE, a, least), b.less(a, infinity))};
}

//===----------------------------------------------------------------------===//
// The rules
//===----------------------------------------------------------------------===//

namespace {
struct Rule {
  StringRef name;
  Values (*build)(Arithmetic &b, ValueRange operands);
};
} // namespace

static constexpr double perDecade = 0.43429448190325182; // log₁₀ e

static const Rule rules[] = {
    {"math.exp2", [](Arithmetic &b, ValueRange x) -> Values { return {attn::exp2(b, x[0])}; }},
    {"math.tanh", [](Arithmetic &b, ValueRange x) -> Values { return {attn::tanh(b, x[0])}; }},
    {"math.erf", [](Arithmetic &b, ValueRange x) -> Values { return {attn::erf(b, x[0])}; }},
    {"math.rsqrt",
     [](Arithmetic &b, ValueRange x) -> Values { return {b.div(constantLike(b, x[0], 1), b.sqrt(x[0]))}; }},
    {"math.log10",
     [](Arithmetic &b, ValueRange x) -> Values { return {b.mul(math::LogOp::create(b, x[0]), perDecade)}; }},
    {"math.sin", [](Arithmetic &b, ValueRange x) -> Values { return {sincos(b, x[0]).sin}; }},
    {"math.cos", [](Arithmetic &b, ValueRange x) -> Values { return {sincos(b, x[0]).cos}; }},
    {"math.sincos",
     [](Arithmetic &b, ValueRange x) -> Values {
       SinCos both = sincos(b, x[0]);
       return {both.sin, both.cos};
     }},
    {"math.tan", expandTan},
    {"math.sinh", expandSinh},
    {"math.cosh", expandCosh},
    {"math.asinh", expandAsinh},
    {"math.acosh", expandAcosh},
    {"math.atanh", expandAtanh},
    {"math.fpowi", expandFPowI},
    {"math.ipowi", expandIPowI},
    {"math.round", expandRound},
    {"arith.remf", expandRemF},
    {"math.clampf", expandClamp},
    {"math.isnan", [](Arithmetic &b, ValueRange x) -> Values { return {b.compare(Predicate::UNO, x[0], x[0])}; }},
    {"math.isinf",
     [](Arithmetic &b, ValueRange x) -> Values {
       return {b.compare(Predicate::OEQ, b.abs(x[0]), constantLike(b, x[0], infinity))};
     }},
    {"math.isfinite", [](Arithmetic &b, ValueRange x) -> Values { return {b.less(b.abs(x[0]), infinity)}; }},
    {"math.isnormal", expandIsNormal},
};

namespace {
struct Expansion : RewritePattern {
  /// Before upstream's pattern for the same op.
  Expansion(MLIRContext *context, const Rule &rule) : RewritePattern(rule.name, /*benefit=*/2, context), rule(rule) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    Type element = getElementTypeOrSelf(op->getOperand(0));
    if (!element.isF32() && !element.isInteger())
      return rewriter.notifyMatchFailure(op, "expects f32 or an integer");
    Arithmetic b(op->getLoc(), rewriter);
    rewriter.replaceOp(op, rule.build(b, op->getOperands()));
    return success();
  }

  const Rule &rule;
};
} // namespace

LogicalResult attn::expandMath(Operation *root) {
  RewritePatternSet patterns(root->getContext());
  for (const Rule &rule : rules)
    patterns.add<Expansion>(root->getContext(), rule);
  math::populateExpansionPatterns(patterns, {"powf"});
  populateMathPolynomialApproximationPatterns(patterns, [](StringRef) { return true; });
  return applyPatternsGreedily(root, std::move(patterns));
}
