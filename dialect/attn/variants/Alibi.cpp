//===- Alibi.cpp - what `alibi` adds to the generic form ---===//

#include "dialect/attn/Axes.h"
#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace attn;

LogicalResult AlibiOp::verify() {
  return getSlopes() ? verifyPerHead(*this, "slopes", getSlopes(), getScores()) : success(); // (C1)
}

/// m_h = 2^(−8(h+1)/P) for h < P, the largest power of two in H; then every second slope of 2P from the first, which
/// is 2^(−8(2(h−P)+1)/(2P)).
static Value generatedSlope(ScalarBuilder &b, int64_t heads) {
  int64_t power = int64_t(1) << llvm::Log2_64(heads);
  Value head = arith::SIToFPOp::create(b, b.getF32Type(), b.h);
  auto linear = [&](double factor, double offset) -> Value {
    return arith::AddFOp::create(b, arith::MulFOp::create(b, head, b.f32(factor)), b.f32(offset));
  };
  double step = -8.0 / power;
  Value exponent = linear(step, step);
  if (power != heads) {
    Value rest = linear(step, -step * power + step / 2);
    Value first = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, b.h, b.i32(power));
    exponent = arith::SelectOp::create(b, first, exponent, rest);
  }
  return math::Exp2Op::create(b, exponent);
}

void AlibiOp::contribute(GenericBuilder &generic) {
  int64_t heads = queryHeads(getScores());
  generic.changeScore([&](ScalarBuilder &b, Value score) -> Value {
    Value slope = getSlopes() ? loadAlong(b, getSlopes(), "h") : generatedSlope(b, heads);
    Value offset = arith::SIToFPOp::create(b, b.getF32Type(), arith::SubIOp::create(b, b.i, b.j));
    Value bias = arith::MulFOp::create(b, slope, math::AbsFOp::create(b, offset));
    return arith::SubFOp::create(b, score, bias);
  });
}
