//===- Baseline.cpp - instructions that an old processor lacks ---===//
//
// An artefact has no library to call. On LLVM IR, after everything that makes such intrinsics (our own lowering and
// upstream's approximations alike), and before the optimiser, which takes them apart like any other arithmetic.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/Baseline.h"

#include "passes/Target.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace attn;

/// a · b + c in two operations: LLVM takes fmuladd apart where the machine has no FMA.
static llvm::Value *multiplyAndAdd(llvm::IRBuilder<> &b, llvm::IntrinsicInst &fma) {
  return b.CreateIntrinsic(llvm::Intrinsic::fmuladd, {fma.getType()},
                           {fma.getArgOperand(0), fma.getArgOperand(1), fma.getArgOperand(2)});
}

static double firstWithoutFraction(llvm::Type *type) { return type->getScalarType()->isDoubleTy() ? 0x1p52 : 0x1p23; }

/// `rounded`, but x where x has no fraction or is no number.
static llvm::Value *keepWhole(llvm::IRBuilder<> &b, llvm::Value *x, llvm::Value *rounded) {
  llvm::Value *limit = llvm::ConstantFP::get(x->getType(), firstWithoutFraction(x->getType()));
  llvm::Value *hasFraction = b.CreateFCmpOLT(b.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, x), limit);
  return b.CreateSelect(hasFraction, rounded, x);
}

/// The integer part, less one where it is above x. Where the conversion means nothing it is not selected.
static llvm::Value *roundDown(llvm::IRBuilder<> &b, llvm::Value *x) {
  llvm::Type *type = x->getType();
  bool isDouble = type->getScalarType()->isDoubleTy();
  llvm::Type *integers = type->getWithNewType(isDouble ? b.getInt64Ty() : b.getInt32Ty());
  llvm::Value *whole = b.CreateSIToFP(b.CreateFPToSI(x, integers), type);
  llvm::Value *less = b.CreateFSub(whole, llvm::ConstantFP::get(type, 1));
  llvm::Value *floor = b.CreateSelect(b.CreateFCmpOGT(whole, x), less, whole);
  llvm::Value *withSign = b.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, floor, x); // −0 stays −0
  return keepWhole(b, x, withSign);
}

/// To nearest even, by what an addition does to a sum that has no place for a fraction.
static llvm::Value *roundEven(llvm::IRBuilder<> &b, llvm::Value *x) {
  llvm::Type *type = x->getType();
  llvm::Value *large = llvm::ConstantFP::get(type, firstWithoutFraction(type));
  llvm::Value *sum = b.CreateFAdd(b.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, x), large);
  return keepWhole(b, x, b.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, b.CreateFSub(sum, large), x));
}

/// A rounding to an integer, or null for another intrinsic.
static llvm::Value *rounded(llvm::IRBuilder<> &b, llvm::Intrinsic::ID rounding, llvm::Value *x) {
  switch (rounding) {
  case llvm::Intrinsic::floor:
    return roundDown(b, x);
  case llvm::Intrinsic::ceil:
    return b.CreateFNeg(roundDown(b, b.CreateFNeg(x)));
  case llvm::Intrinsic::trunc: {
    llvm::Value *magnitude = roundDown(b, b.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, x));
    return b.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, magnitude, x);
  }
  case llvm::Intrinsic::roundeven:
    return roundEven(b, x);
  default:
    return nullptr;
  }
}

/// f16 to f32, exactly. Exponent and fraction in their places in f32 are the number times 2⁻¹¹², subnormal ones too;
/// what is infinite or no number has the largest exponent in f16, and gets that of f32.
static llvm::Value *widenHalf(llvm::IRBuilder<> &b, llvm::Value *half, llvm::Type *type) {
  llvm::Type *wide = type->getWithNewType(b.getInt32Ty());
  auto constant = [&](uint32_t value) { return llvm::ConstantInt::get(wide, value); };
  llvm::Value *bits = b.CreateZExt(b.CreateBitCast(half, half->getType()->getWithNewType(b.getInt16Ty())), wide);
  llvm::Value *magnitude = b.CreateShl(b.CreateAnd(bits, 0x7fff), 13),
              *sign = b.CreateShl(b.CreateAnd(bits, 0x8000), 16);
  llvm::Value *finite = b.CreateFMul(b.CreateBitCast(magnitude, type), llvm::ConstantFP::get(type, 0x1p112));
  llvm::Value *isFinite = b.CreateICmpULT(magnitude, constant(0x7c00 << 13));
  llvm::Value *result =
      b.CreateSelect(isFinite, b.CreateBitCast(finite, wide), b.CreateOr(magnitude, constant(0x7f800000)));
  return b.CreateBitCast(b.CreateOr(result, sign), type);
}

/// f32 to f16, to nearest even. Below the normal numbers of f16, adding ½ makes the addition round at its last bit;
/// among them, half of the last bit less one, and one more where that bit is odd, carries into it.
static llvm::Value *narrowToHalf(llvm::IRBuilder<> &b, llvm::Value *x, llvm::Type *type) {
  llvm::Type *wide = x->getType()->getWithNewType(b.getInt32Ty());
  auto constant = [&](uint32_t value) { return llvm::ConstantInt::get(wide, value); };
  llvm::Value *bits = b.CreateBitCast(x, wide), *magnitude = b.CreateAnd(bits, 0x7fffffff);
  llvm::Value *sign = b.CreateAnd(b.CreateLShr(bits, 16), 0x8000);
  constexpr uint32_t half = 0x3f000000, infinity = 0x7f800000, firstTooLarge = 0x47800000, firstNormal = 0x38800000;
  llvm::Value *shifted =
      b.CreateFAdd(b.CreateBitCast(magnitude, x->getType()), llvm::ConstantFP::get(x->getType(), 0.5));
  llvm::Value *subnormal = b.CreateSub(b.CreateBitCast(shifted, wide), constant(half));
  llvm::Value *odd = b.CreateAnd(b.CreateLShr(magnitude, 13), 1);
  llvm::Value *rebased = b.CreateSub(magnitude, constant((127 - 15) << 23));
  llvm::Value *normal = b.CreateLShr(b.CreateAdd(b.CreateAdd(rebased, constant(0xfff)), odd), 13);
  llvm::Value *isNumber = b.CreateICmpULE(magnitude, constant(infinity));
  llvm::Value *notFinite = b.CreateSelect(isNumber, constant(0x7c00), constant(0x7e00));
  llvm::Value *finite = b.CreateSelect(b.CreateICmpULT(magnitude, constant(firstNormal)), subnormal, normal);
  llvm::Value *result = b.CreateSelect(b.CreateICmpULT(magnitude, constant(firstTooLarge)), finite, notFinite);
  llvm::Value *narrow = b.CreateTrunc(b.CreateOr(result, sign), type->getWithNewType(b.getInt16Ty()));
  return b.CreateBitCast(narrow, type);
}

static llvm::Value *expand(llvm::Instruction &instruction, const Target &target) {
  llvm::IRBuilder<> b(&instruction);
  llvm::Type *type = instruction.getType();
  auto isOf = [](llvm::Type *type, bool (llvm::Type::*is)() const) { return (type->getScalarType()->*is)(); };
  if (auto *call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction)) {
    if (call->getIntrinsicID() == llvm::Intrinsic::fma && !target.fma)
      return multiplyAndAdd(b, *call);
    return target.sse41 ? nullptr : rounded(b, call->getIntrinsicID(), call->getArgOperand(0));
  }
  if (target.f16c || !llvm::isa<llvm::FPExtInst, llvm::FPTruncInst>(instruction))
    return nullptr;
  llvm::Value *from = instruction.getOperand(0);
  if (isOf(from->getType(), &llvm::Type::isHalfTy) && isOf(type, &llvm::Type::isFloatTy))
    return widenHalf(b, from, type);
  if (isOf(from->getType(), &llvm::Type::isFloatTy) && isOf(type, &llvm::Type::isHalfTy))
    return narrowToHalf(b, from, type);
  return nullptr;
}

void attn::expandMissingInstructions(llvm::Module &module, const Target &target) {
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction : llvm::make_early_inc_range(llvm::instructions(function)))
      if (llvm::Value *replacement = expand(instruction, target)) {
        instruction.replaceAllUsesWith(replacement);
        instruction.eraseFromParent();
      }
}
