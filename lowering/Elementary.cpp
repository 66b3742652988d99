//===- Elementary.cpp - elementary functions as arithmetic ---===//

#include "lowering/Elementary.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

Value attn::constantLike(ImplicitLocOpBuilder &b, Value like, double value) {
  Type type = like.getType(), element = getElementTypeOrSelf(type);
  TypedAttr attribute;
  if (auto floating = dyn_cast<FloatType>(element))
    attribute = b.getFloatAttr(floating, value);
  else
    attribute = b.getIntegerAttr(element, static_cast<int64_t>(value));
  if (auto vector = dyn_cast<VectorType>(type))
    attribute = DenseElementsAttr::get(vector, static_cast<Attribute>(attribute));
  return arith::ConstantOp::create(b, type, attribute);
}

/// The type of `like`, scalar or vector, with another element.
static Type withElement(Value like, Type element) {
  auto vector = dyn_cast<VectorType>(like.getType());
  return vector ? Type(vector.clone(element)) : element;
}

static Value add(ImplicitLocOpBuilder &b, Value x, Value y) { return arith::AddFOp::create(b, x, y); }
static Value sub(ImplicitLocOpBuilder &b, Value x, Value y) { return arith::SubFOp::create(b, x, y); }
static Value mul(ImplicitLocOpBuilder &b, Value x, Value y) { return arith::MulFOp::create(b, x, y); }

static Value fma(ImplicitLocOpBuilder &b, Value x, Value y, Value z) {
  if (isa<VectorType>(x.getType()))
    return vector::FMAOp::create(b, x, y, z);
  return math::FmaOp::create(b, x, y, z);
}

/// Horner's rule, the highest coefficient first.
static Value polynomial(ImplicitLocOpBuilder &b, Value x, ArrayRef<double> coefficients) {
  Value result = constantLike(b, x, coefficients.front());
  for (double coefficient : coefficients.drop_front())
    result = fma(b, result, x, constantLike(b, x, coefficient));
  return result;
}

//===----------------------------------------------------------------------===//
// Exponentials
//===----------------------------------------------------------------------===//

/// Adding this to |x| < 2²² leaves the nearest integer in the low bits of the sum, ties to even.
static constexpr double roundingShift = 12582912.0; // 1.5 · 2²³

Value attn::roundEven(ImplicitLocOpBuilder &b, Value x) {
  Value shift = constantLike(b, x, roundingShift);
  return sub(b, add(b, x, shift), shift);
}

/// The smaller of x and `bound`, or with `below` the greater; NaN stays NaN, and the pair is one instruction.
static Value bounded(ImplicitLocOpBuilder &b, Value x, double bound, bool below) {
  Value limit = constantLike(b, x, bound);
  Value beyond = arith::CmpFOp::create(b, below ? arith::CmpFPredicate::OLT : arith::CmpFPredicate::OGT, x, limit);
  return arith::SelectOp::create(b, beyond, limit, x);
}

Value attn::exp2(ImplicitLocOpBuilder &b, Value x) {
  x = bounded(b, bounded(b, x, 128.0, /*below=*/false), -127.0, /*below=*/true);
  Value shift = constantLike(b, x, roundingShift);
  Value shifted = add(b, x, shift);
  Value fraction = sub(b, x, sub(b, shifted, shift)); // exact, in [−½, ½]
  // (ln 2)^k / k!: at ½ the term of degree 8 is 5e−9.
  Value power =
      polynomial(b, fraction,
                 {1.5252733804059841e-05, 1.5403530393381608e-04, 1.3333558146428443e-03, 9.6181291076284772e-03,
                  5.5504108664821580e-02, 2.4022650695910071e-01, 6.9314718055994531e-01, 1.0});
  // The integer n stands in the low bits of `shifted`; n = −127 makes the factor 0, n = 128 makes it +∞.
  Type integers = withElement(x, b.getI32Type());
  Value bits = arith::BitcastOp::create(b, integers, shifted);
  bits = arith::ShLIOp::create(b, bits, constantLike(b, bits, 23));
  bits = arith::AddIOp::create(b, bits, constantLike(b, bits, 127 << 23));
  return mul(b, power, arith::BitcastOp::create(b, x.getType(), bits));
}

Value attn::exp(ImplicitLocOpBuilder &b, Value x) {
  // x·log₂e in two parts: rounding one product would cost |x|·2⁻²⁴ of the result.
  Value high = constantLike(b, x, 1.44269502162933349609375), low = constantLike(b, x, 1.92596299112661746887e-08);
  Value bound = bounded(b, bounded(b, x, 89.0, /*below=*/false), -89.0, /*below=*/true);
  Value product = mul(b, bound, high);
  Value rounded = roundEven(b, product);
  Value rest = fma(b, bound, high, arith::NegFOp::create(b, rounded));
  rest = fma(b, bound, low, rest);
  return mul(b, exp2(b, rounded), exp2(b, rest));
}

/// x P(x²)/Q(x²) for |x| ≤ `one`, the least argument for which that, in f32, is 1: beyond, it stays 1 and does not rise
/// above it. Found by evaluating all arguments; other coefficients or another order of operations have another one.
static Value oddRational(ImplicitLocOpBuilder &b, Value x, double one, ArrayRef<double> p, ArrayRef<double> q) {
  x = bounded(b, bounded(b, x, one, /*below=*/false), -one, /*below=*/true);
  Value square = mul(b, x, x);
  Value numerator = mul(b, x, polynomial(b, square, p));
  return arith::DivFOp::create(b, numerator, polynomial(b, square, q));
}

Value attn::tanh(ImplicitLocOpBuilder &b, Value x) {
  // Fitted for the least relative error on [0, 8.5] (1.2e-8).
  return oddRational(
      b, x, 8.024781227111816,
      {1.4333423798695785e-08, 2.1299708804982322e-05, 3.5370997436211310e-03, 1.3415877776206833e-01, 1.0},
      {8.1720625960962620e-07, 3.3538060145228157e-04, 2.6034573185131820e-02, 4.6749204041297980e-01, 1.0});
}

Value attn::erf(ImplicitLocOpBuilder &b, Value x) {
  // Fitted for the least relative error on [0, 3.9] (1.7e-8).
  return oddRational(b, x, 3.6361889839172363,
                     {2.0664351436666864e-06, 2.8505535168834277e-04, 3.7382295790327727e-03, 5.2667718728585902e-02,
                      1.8966467392973391e-01, 1.1283791476902127e+00},
                     {3.8269267228066500e-05, 1.1573398574266484e-03, 1.4914050753140558e-02, 1.1381799555034079e-01,
                      5.0141872385549502e-01, 1.0});
}

Value attn::log(ImplicitLocOpBuilder &b, Value x) {
  // x = 2ⁿ f with f in [√½, √2): n are the bits of x/√½ above the mantissa.
  Type integers = withElement(x, b.getI32Type());
  Value bits = arith::BitcastOp::create(b, integers, x);
  Value above = arith::SubIOp::create(b, bits, constantLike(b, bits, 0x3f3504f3)); // the bits of √½
  Value exponent = arith::ShRSIOp::create(b, above, constantLike(b, bits, 23));
  Value scaled = arith::SubIOp::create(b, bits, arith::ShLIOp::create(b, exponent, constantLike(b, bits, 23)));
  Value f = arith::BitcastOp::create(b, x.getType(), scaled);
  // ln f = 2 artanh s, s = (f − 1)/(f + 1), |s| < 0.172: the term of degree 11 is 7e-10.
  Value one = constantLike(b, x, 1.0);
  Value s = arith::DivFOp::create(b, sub(b, f, one), add(b, f, one));
  Value series = polynomial(b, mul(b, s, s), {2.0 / 9, 2.0 / 7, 2.0 / 5, 2.0 / 3, 2.0});
  Value n = arith::SIToFPOp::create(b, x.getType(), exponent);
  // ln 2 in two parts, the first of few bits, so that n times it is exact.
  Value low = fma(b, n, constantLike(b, x, -2.12194440e-4), mul(b, s, series));
  return fma(b, n, constantLike(b, x, 0.693359375), low);
}

//===----------------------------------------------------------------------===//
// Angles
//===----------------------------------------------------------------------===//

SinCos attn::sincosTurns(ImplicitLocOpBuilder &b, Value turns) {
  // The nearest quarter turn leaves r in [−⅛, ⅛], exactly; its number mod 4 is in the low bits of the sum.
  Value four = constantLike(b, turns, 4.0), shift = constantLike(b, turns, 6755399441055744.0); // 1.5 · 2⁵²
  Value shifted = add(b, mul(b, turns, four), shift);
  Value quarters = sub(b, shifted, shift);
  Value rest = sub(b, turns, mul(b, quarters, constantLike(b, turns, 0.25)));
  Type floats = withElement(turns, b.getF32Type()), integers = withElement(turns, b.getI32Type());
  Value bits = arith::BitcastOp::create(b, withElement(turns, b.getI64Type()), shifted);
  Value quadrant = arith::TruncIOp::create(b, integers, bits);

  Value x = arith::TruncFOp::create(b, floats, mul(b, rest, constantLike(b, rest, 6.283185307179586)));
  Value square = mul(b, x, x);
  Value sine = polynomial(
      b, square, {2.7557319223985893e-06, -1.9841269841269841e-04, 8.3333333333333332e-03, -1.6666666666666666e-01});
  sine = fma(b, mul(b, sine, square), x, x);
  Value cosine = polynomial(
      b, square,
      {-2.7557319223985888e-07, 2.4801587301587302e-05, -1.3888888888888889e-03, 4.1666666666666664e-02, -0.5, 1.0});

  // sin: s, c, −s, −c; cos: c, −s, −c, s.
  auto bit = [&](Value value, int64_t which) -> Value {
    Value masked = arith::AndIOp::create(b, value, constantLike(b, value, which));
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, masked, constantLike(b, value, 0));
  };
  auto negatedIf = [&](Value condition, Value value) -> Value {
    return arith::SelectOp::create(b, condition, arith::NegFOp::create(b, value), value);
  };
  Value odd = bit(quadrant, 1);
  Value next = arith::AddIOp::create(b, quadrant, constantLike(b, quadrant, 1));
  Value sin = arith::SelectOp::create(b, odd, cosine, sine), cos = arith::SelectOp::create(b, odd, sine, cosine);
  return {negatedIf(bit(quadrant, 2), sin), negatedIf(bit(next, 2), cos)};
}
