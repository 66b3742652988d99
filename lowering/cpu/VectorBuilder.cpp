//===- VectorBuilder.cpp - builds vector code of one register width ---===//

#include "lowering/cpu/VectorBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Index arithmetic
//===----------------------------------------------------------------------===//

Value VectorBuilder::index(int64_t value) { return arith::ConstantIndexOp::create(*this, value); }
Value VectorBuilder::add(Value x, Value y) { return createOrFold<arith::AddIOp>(x, y); }
Value VectorBuilder::sub(Value x, Value y) { return createOrFold<arith::SubIOp>(x, y); }
Value VectorBuilder::mul(Value x, Value y) { return createOrFold<arith::MulIOp>(x, y); }
Value VectorBuilder::divide(Value x, int64_t y) { return y == 1 ? x : createOrFold<arith::DivUIOp>(x, index(y)); }
Value VectorBuilder::remainder(Value x, int64_t y) {
  return y == 1 ? index(0) : createOrFold<arith::RemUIOp>(x, index(y));
}
Value VectorBuilder::minimum(Value x, Value y) { return createOrFold<arith::MinSIOp>(x, y); }
Value VectorBuilder::less(Value x, Value y) { return createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt, x, y); }
Value VectorBuilder::i32(Value value) { return createOrFold<arith::IndexCastOp>(getI32Type(), value); }

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

void VectorBuilder::loop(Value begin, Value end, int64_t step, function_ref<void(Value)> body) {
  loop(begin, end, step, ValueRange(), [&](Value at, ValueRange) {
    body(at);
    return Carried();
  });
}

VectorBuilder::Carried VectorBuilder::loop(Value begin, Value end, int64_t step, ValueRange inits,
                                           function_ref<Carried(Value, ValueRange)> body) {
  Value stepValue = index(step);
  auto loop = scf::ForOp::create(*this, begin, end, stepValue, inits);
  OpBuilder::InsertionGuard guard(*this);
  // With nothing carried the loop was made with its terminator.
  if (inits.empty())
    setInsertionPoint(loop.getBody()->getTerminator());
  else
    setInsertionPointToStart(loop.getBody());
  Carried results = body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!inits.empty())
    scf::YieldOp::create(*this, results);
  return Carried(loop.getResults());
}

void VectorBuilder::branch(Value condition, function_ref<void()> then, function_ref<void()> otherwise) {
  auto branch = scf::IfOp::create(*this, condition, /*withElseRegion=*/bool(otherwise));
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPoint(branch.thenBlock()->getTerminator());
  then();
  if (!otherwise)
    return;
  setInsertionPoint(branch.elseBlock()->getTerminator());
  otherwise();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value VectorBuilder::scratch(ArrayRef<int64_t> shape, Type element) {
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(kernel);
  return memref::AllocaOp::create(*this, MemRefType::get(shape, element), getI64IntegerAttr(64));
}

Value VectorBuilder::load(Value memref, ValueRange indices) { return memref::LoadOp::create(*this, memref, indices); }

void VectorBuilder::store(Value value, Value memref, ValueRange indices) {
  memref::StoreOp::create(*this, value, memref, indices);
}

Value VectorBuilder::loadVector(Value memref, ValueRange indices, int64_t count) {
  VectorType type = vectorOf(cast<MemRefType>(memref.getType()).getElementType(), count);
  return vector::LoadOp::create(*this, type, memref, indices);
}

void VectorBuilder::storeVector(Value vector, Value memref, ValueRange indices) {
  vector::StoreOp::create(*this, vector, memref, indices);
}

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

Value VectorBuilder::f32(double value) { return arith::ConstantOp::create(*this, getF32FloatAttr(value)); }

Value VectorBuilder::splat(double value, int64_t count) {
  return arith::ConstantOp::create(*this, DenseElementsAttr::get(vectorOf(getF32Type(), count), float(value)));
}

Value VectorBuilder::splat(Value scalar, int64_t count) {
  return vector::BroadcastOp::create(*this, vectorOf(scalar.getType(), count), scalar);
}

/// `type` with the shape of `like`, which is a scalar or a vector.
static Type shapedLike(Type like, Type element) {
  auto vector = dyn_cast<VectorType>(like);
  return vector ? Type(VectorType::get(vector.getShape(), element)) : element;
}

static Value constantOf(VectorBuilder &b, Type type, Attribute element) {
  auto vector = dyn_cast<VectorType>(type);
  return arith::ConstantOp::create(b, vector ? DenseElementsAttr::get(vector, element) : cast<TypedAttr>(element));
}

Value VectorBuilder::constantLike(Value like, double value) {
  return constantOf(*this, shapedLike(like.getType(), getF32Type()), getF32FloatAttr(value));
}

Value VectorBuilder::laneNumbers(llvm::function_ref<int64_t(int64_t)> ofLane) {
  SmallVector<int32_t> values;
  for (int64_t lane = 0; lane < lanes; ++lane)
    values.push_back(int32_t(ofLane(lane)));
  return arith::ConstantOp::create(*this, DenseElementsAttr::get(vectorOf(getI32Type()), ArrayRef(values)));
}

Value VectorBuilder::bitsLike(Value like, int64_t value) {
  return constantOf(*this, shapedLike(like.getType(), getI32Type()), getI32IntegerAttr(int32_t(value)));
}

Value VectorBuilder::addf(Value x, Value y) { return arith::AddFOp::create(*this, x, y); }
Value VectorBuilder::subf(Value x, Value y) { return arith::SubFOp::create(*this, x, y); }
Value VectorBuilder::mulf(Value x, Value y) { return arith::MulFOp::create(*this, x, y); }

Value VectorBuilder::fma(Value a, Value b, Value c) {
  if (target.fma)
    return vector::FMAOp::create(*this, a, b, c);
  return addf(mulf(a, b), c);
}

Value VectorBuilder::maximum(Value x, Value y) {
  return select(arith::CmpFOp::create(*this, arith::CmpFPredicate::OGT, x, y), x, y);
}

Value VectorBuilder::select(Value condition, Value x, Value y) {
  return arith::SelectOp::create(*this, condition, x, y);
}

Value VectorBuilder::isEqual(Value x, double value) {
  return arith::CmpFOp::create(*this, arith::CmpFPredicate::OEQ, x, constantLike(x, value));
}

/// 2^x = 2^n · 2^f with n the nearest integer: adding 1.5 · 2²³ leaves n in the low bits, the polynomial is minimax in
/// relative error on [−½, ½], and n is added to the exponent.
Value VectorBuilder::exp2(Value x) {
  constexpr double coefficients[] = {1.000000072,   0.6931469671,   0.2402211972,
                                     0.05550713274, 0.009675541334, 0.001327647198};
  Value magic = constantLike(x, 12582912.0);
  Value shifted = addf(x, magic);
  Value fraction = subf(x, subf(shifted, magic));
  Value power = constantLike(x, coefficients[std::size(coefficients) - 1]);
  for (int k = int(std::size(coefficients)) - 2; k >= 0; --k)
    power = fma(power, fraction, constantLike(x, coefficients[k]));
  Type bits = shapedLike(x.getType(), getI32Type());
  Value exponent = arith::ShLIOp::create(*this, arith::BitcastOp::create(*this, bits, shifted), bitsLike(x, 23));
  Value sum = arith::AddIOp::create(*this, arith::BitcastOp::create(*this, bits, power), exponent);
  Value result = arith::BitcastOp::create(*this, x.getType(), sum);
  Value underflows = arith::CmpFOp::create(*this, arith::CmpFPredicate::OLT, x, constantLike(x, -126.0));
  return select(underflows, constantLike(x, 0.0), result);
}

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

Value VectorBuilder::toF32(Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  if (element.isF32())
    return value;
  Type f32Type = shapedLike(value.getType(), getF32Type()), i32Type = shapedLike(value.getType(), getI32Type());
  if (element.isF16() && target.f16c)
    return arith::ExtFOp::create(*this, f32Type, value);
  Value narrow = arith::BitcastOp::create(*this, shapedLike(value.getType(), getI16Type()), value);
  Value bits = arith::ExtUIOp::create(*this, i32Type, narrow);
  if (element.isF16())
    return halfToF32(bits);
  return arith::BitcastOp::create(*this, f32Type, arith::ShLIOp::create(*this, bits, bitsLike(bits, 16)));
}

/// The exponent is rebased by a product, which makes denormals right too; infinities and NaN get theirs after it.
Value VectorBuilder::halfToF32(Value bits) {
  Type f32Type = shapedLike(bits.getType(), getF32Type());
  Value magnitude = arith::AndIOp::create(*this, bits, bitsLike(bits, 0x7fff));
  Value sign =
      arith::ShLIOp::create(*this, arith::AndIOp::create(*this, bits, bitsLike(bits, 0x8000)), bitsLike(bits, 16));
  Value shifted = arith::ShLIOp::create(*this, magnitude, bitsLike(bits, 13));
  Value rebased = mulf(arith::BitcastOp::create(*this, f32Type, shifted), constantLike(bits, 0x1p112));
  Value finite = arith::BitcastOp::create(*this, bits.getType(), rebased);
  Value special = arith::OrIOp::create(*this, shifted, bitsLike(bits, 0x7f800000));
  Value isSpecial = arith::CmpIOp::create(*this, arith::CmpIPredicate::sge, magnitude, bitsLike(bits, 0x7c00));
  Value result = arith::OrIOp::create(*this, select(isSpecial, special, finite), sign);
  return arith::BitcastOp::create(*this, f32Type, result);
}

Value VectorBuilder::fromF32(Value value, Type element) {
  if (element.isF32())
    return value;
  Type result = shapedLike(value.getType(), element);
  if (element.isF16() && target.f16c)
    return arith::TruncFOp::create(*this, result, value);
  Value bits = arith::BitcastOp::create(*this, shapedLike(value.getType(), getI32Type()), value);
  Value narrow;
  if (element.isF16()) {
    narrow = f32ToHalf(bits);
  } else {
    Value odd =
        arith::AndIOp::create(*this, arith::ShRUIOp::create(*this, bits, bitsLike(bits, 16)), bitsLike(bits, 1));
    Value rounded = arith::AddIOp::create(*this, arith::AddIOp::create(*this, bits, bitsLike(bits, 0x7fff)), odd);
    Value quiet = arith::OrIOp::create(*this, bits, bitsLike(bits, 0x400000));
    Value isNan = arith::CmpFOp::create(*this, arith::CmpFPredicate::UNO, value, value);
    narrow = arith::ShRUIOp::create(*this, select(isNan, quiet, rounded), bitsLike(bits, 16));
  }
  Value half = arith::TruncIOp::create(*this, shapedLike(value.getType(), getI16Type()), narrow);
  return arith::BitcastOp::create(*this, result, half);
}

/// Three cases by magnitude: beyond the largest half (infinity, NaN), denormal halves (a float addition aligns and
/// rounds them), and the rest, where the exponent is rebased and the 13 lost bits are rounded.
Value VectorBuilder::f32ToHalf(Value bits) {
  using Predicate = arith::CmpIPredicate;
  Type f32Type = shapedLike(bits.getType(), getF32Type());
  auto addi = [&](Value x, Value y) -> Value { return arith::AddIOp::create(*this, x, y); };
  Value sign = arith::AndIOp::create(*this, bits, bitsLike(bits, 0x80000000));
  Value magnitude = arith::XOrIOp::create(*this, bits, sign);
  Value isNan = arith::CmpIOp::create(*this, Predicate::sgt, magnitude, bitsLike(bits, 0x7f800000));
  Value beyond = select(isNan, bitsLike(bits, 0x7e00), bitsLike(bits, 0x7c00));
  constexpr int64_t alignment = (127 - 15 + 23 - 10 + 1) << 23;
  Value aligned = addf(arith::BitcastOp::create(*this, f32Type, magnitude),
                       arith::BitcastOp::create(*this, f32Type, bitsLike(bits, alignment)));
  Value denormal =
      arith::SubIOp::create(*this, arith::BitcastOp::create(*this, bits.getType(), aligned), bitsLike(bits, alignment));
  Value odd =
      arith::AndIOp::create(*this, arith::ShRUIOp::create(*this, magnitude, bitsLike(bits, 13)), bitsLike(bits, 1));
  Value rebased = addi(addi(magnitude, bitsLike(bits, -(int64_t(112) << 23) + 0xfff)), odd);
  Value normal = arith::ShRUIOp::create(*this, rebased, bitsLike(bits, 13));
  Value isBeyond = arith::CmpIOp::create(*this, Predicate::sge, magnitude, bitsLike(bits, (127 + 16) << 23));
  Value isDenormal = arith::CmpIOp::create(*this, Predicate::slt, magnitude, bitsLike(bits, 113 << 23));
  Value result = select(isBeyond, beyond, select(isDenormal, denormal, normal));
  return arith::OrIOp::create(*this, result, arith::ShRUIOp::create(*this, sign, bitsLike(bits, 16)));
}
