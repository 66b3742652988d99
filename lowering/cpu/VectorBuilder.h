//===- VectorBuilder.h - builds vector code of one register width -*- C++ -*-===//
//
// A kernel has no libraries behind it: whatever a target lacks an instruction for is written out here (fused
// multiply-add, conversions of 16-bit floats, exponentials), and nothing becomes a call.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_CPU_VECTORBUILDER_H
#define ATTN_LOWERING_CPU_VECTORBUILDER_H

#include "passes/Target.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace attn {

class VectorBuilder : public mlir::ImplicitLocOpBuilder {
public:
  /// Builds before `at`, an op of the block that is the kernel's body.
  VectorBuilder(mlir::Operation *at, const Target &target)
      : ImplicitLocOpBuilder(at->getLoc(), at), target(target), lanes(target.lanes()), kernel(at->getBlock()) {}

  const Target &target;
  /// Floats of 32 bits in a register.
  const int64_t lanes;

  /// Elements of a type that fill a register.
  int64_t vectorElements(mlir::Type element) const { return target.vectorBits / element.getIntOrFloatBitWidth(); }
  mlir::VectorType vectorOf(mlir::Type element, int64_t count = 0) {
    return mlir::VectorType::get({count ? count : lanes}, element);
  }

  //===--- Index arithmetic, folded where it can be --------------------------===//
  mlir::Value index(int64_t value);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value add(mlir::Value x, int64_t y) { return y == 0 ? x : add(x, index(y)); }
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, int64_t y) { return mul(x, index(y)); }
  mlir::Value divide(mlir::Value x, int64_t y);
  mlir::Value remainder(mlir::Value x, int64_t y);
  mlir::Value minimum(mlir::Value x, mlir::Value y);
  mlir::Value less(mlir::Value x, mlir::Value y);
  mlir::Value i32(mlir::Value index);

  //===--- Control -----------------------------------------------------------===//
  void loop(mlir::Value begin, mlir::Value end, int64_t step, llvm::function_ref<void(mlir::Value)> body);
  using Carried = llvm::SmallVector<mlir::Value, 16>;
  Carried loop(mlir::Value begin, mlir::Value end, int64_t step, mlir::ValueRange inits,
               llvm::function_ref<Carried(mlir::Value, mlir::ValueRange)> body);
  void branch(mlir::Value condition, llvm::function_ref<void()> then, llvm::function_ref<void()> otherwise = nullptr);

  //===--- Memory ------------------------------------------------------------===//
  /// A buffer of the task, 64-byte aligned; made at the top of the kernel.
  mlir::Value scratch(llvm::ArrayRef<int64_t> shape, mlir::Type element);
  mlir::Value load(mlir::Value memref, mlir::ValueRange indices);
  void store(mlir::Value value, mlir::Value memref, mlir::ValueRange indices);
  mlir::Value loadVector(mlir::Value memref, mlir::ValueRange indices, int64_t count = 0);
  void storeVector(mlir::Value vector, mlir::Value memref, mlir::ValueRange indices);

  //===--- Floats, scalar or vector --------------------------------------------===//
  mlir::Value f32(double value);
  mlir::Value splat(double value, int64_t count = 0);
  mlir::Value splat(mlir::Value scalar, int64_t count = 0);
  /// The constant `value`, a scalar or a vector as `like` is.
  mlir::Value constantLike(mlir::Value like, double value);
  /// What `ofLane` gives for 0, 1, …, as a register of i32.
  mlir::Value laneNumbers(llvm::function_ref<int64_t(int64_t)> ofLane = [](int64_t lane) { return lane; });
  mlir::Value bitsLike(mlir::Value like, int64_t value);
  mlir::Value addf(mlir::Value x, mlir::Value y);
  mlir::Value subf(mlir::Value x, mlir::Value y);
  mlir::Value mulf(mlir::Value x, mlir::Value y);
  /// a · b + c, with one rounding where the target has the instruction.
  mlir::Value fma(mlir::Value a, mlir::Value b, mlir::Value c);
  /// The larger one; y where x is NaN.
  mlir::Value maximum(mlir::Value x, mlir::Value y);
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y);
  mlir::Value isEqual(mlir::Value x, double value);
  /// 2^x for x ≤ 0: 0 where x < −126, relative error below 3e-7; NaN stays NaN.
  mlir::Value exp2(mlir::Value x);

  //===--- Conversions of f32, bf16 and f16, round to nearest even ---------------===//
  mlir::Value toF32(mlir::Value value);
  mlir::Value fromF32(mlir::Value value, mlir::Type element);

private:
  mlir::Value halfToF32(mlir::Value bits);
  mlir::Value f32ToHalf(mlir::Value bits);

  mlir::Block *kernel;
};

} // namespace attn

#endif // ATTN_LOWERING_CPU_VECTORBUILDER_H
