//===- ThreadBuilder.h - code of one GPU thread -*- C++ -*-===//
//
// Short names for what kernels are made of. Integers are i32 unless they are addresses or strides; a pointer is global
// (address space 1) or shared (3), and offsets are in bytes.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_NVPTX_THREADBUILDER_H
#define ATTN_LOWERING_NVPTX_THREADBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace attn {

class ThreadBuilder : public mlir::ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;
  using Value = mlir::Value;

  Value i1(bool value) { return mlir::arith::ConstantOp::create(*this, getBoolAttr(value)); }
  Value i32(int64_t value) { return mlir::arith::ConstantOp::create(*this, getI32IntegerAttr(int32_t(value))); }
  Value i64(int64_t value) { return mlir::arith::ConstantOp::create(*this, getI64IntegerAttr(value)); }
  Value f32(double value) { return mlir::arith::ConstantOp::create(*this, getF32FloatAttr(float(value))); }
  /// `value` as a constant of an integer's type.
  Value like(Value other, int64_t value) { return other.getType().isInteger(64) ? i64(value) : i32(value); }

  Value add(Value x, Value y) { return createOrFold<mlir::arith::AddIOp>(x, y); }
  Value add(Value x, int64_t y) { return add(x, like(x, y)); }
  Value sub(Value x, Value y) { return createOrFold<mlir::arith::SubIOp>(x, y); }
  Value mul(Value x, Value y) { return createOrFold<mlir::arith::MulIOp>(x, y); }
  Value mul(Value x, int64_t y) { return mul(x, like(x, y)); }
  /// Of values that are not negative, by constants.
  Value divide(Value x, int64_t y) { return createOrFold<mlir::arith::DivUIOp>(x, like(x, y)); }
  Value remainder(Value x, int64_t y) { return createOrFold<mlir::arith::RemUIOp>(x, like(x, y)); }
  Value min(Value x, Value y) { return createOrFold<mlir::arith::MinSIOp>(x, y); }
  Value max(Value x, Value y) { return createOrFold<mlir::arith::MaxSIOp>(x, y); }
  Value both(Value x, Value y) { return createOrFold<mlir::arith::AndIOp>(x, y); }
  Value less(Value x, Value y) { return createOrFold<mlir::arith::CmpIOp>(mlir::arith::CmpIPredicate::slt, x, y); }
  Value isZero(Value x) { return createOrFold<mlir::arith::CmpIOp>(mlir::arith::CmpIPredicate::eq, x, like(x, 0)); }
  Value select(Value condition, Value x, Value y) { return createOrFold<mlir::arith::SelectOp>(condition, x, y); }
  /// Between i32, i64 and index.
  Value toI32(Value value);
  Value toI64(Value value);

  Value addf(Value x, Value y) { return mlir::arith::AddFOp::create(*this, x, y); }
  Value mulf(Value x, Value y) { return mlir::arith::MulFOp::create(*this, x, y); }
  Value maxf(Value x, Value y) { return mlir::LLVM::MaxNumOp::create(*this, x, y); }
  Value fma(Value x, Value y, Value z) { return mlir::LLVM::FMAOp::create(*this, x, y, z); }
  Value isEqual(Value x, double y) {
    return mlir::arith::CmpFOp::create(*this, mlir::arith::CmpFPredicate::OEQ, x, f32(y));
  }
  /// By the special function unit: 2^x and log₂ x.
  Value exp2(Value x) { return intrinsic("llvm.nvvm.ex2.approx.ftz.f", x); }
  Value log2(Value x) { return intrinsic("llvm.nvvm.lg2.approx.f", x); }
  /// 1 / x to one unit in the last place: a division that rounds is a dozen instructions with a branch.
  Value reciprocal(Value x) { return intrinsic("llvm.nvvm.rcp.approx.ftz.f", x); }
  /// The exchange with the lane whose number differs in `bit`.
  Value fromLane(Value x, int64_t bit);
  /// `join` over the four lanes that hold a row of an accumulator; all four get it.
  Value overRow(Value x, llvm::function_ref<Value(Value, Value)> join);
  /// Two f32 as a pair of 16-bit floats in an i32, the first in the low half.
  Value pack(Value low, Value high, mlir::Type element);

  Value at(Value pointer, Value bytes);
  Value at(Value pointer, int64_t bytes);
  Value load(mlir::Type type, Value pointer, unsigned alignment) {
    return mlir::LLVM::LoadOp::create(*this, type, pointer, alignment);
  }
  void store(Value value, Value pointer, unsigned alignment) {
    mlir::LLVM::StoreOp::create(*this, value, pointer, alignment);
  }

  /// `x` where it is the same in all lanes of a warp, so that ptxas sees it.
  Value uniform(Value x);
  /// Waits for `threads` threads at one of the block's 16 barriers.
  void barrier(int64_t number, int64_t threads);
  /// Lets TMA and wgmma see what this thread has written to shared memory.
  void showToAsyncProxy();
  /// Arrives at an mbarrier, by a predicate instead of a branch.
  void arriveIf(Value condition, Value mbarrier);

  /// if; each side may be null.
  void branch(Value condition, llvm::function_ref<void()> then, llvm::function_ref<void()> otherwise = nullptr);
  /// for (x = begin; x < end; x += step), on i32.
  void loop(Value begin, Value end, int64_t step, llvm::function_ref<void(Value)> body);

private:
  Value intrinsic(llvm::StringRef name, Value x);
};

} // namespace attn

#endif // ATTN_LOWERING_NVPTX_THREADBUILDER_H
