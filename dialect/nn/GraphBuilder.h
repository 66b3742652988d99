//===- GraphBuilder.h - builds the small graphs that layers stand for -*- C++ -*-===//

#ifndef ATTN_DIALECT_NN_GRAPHBUILDER_H
#define ATTN_DIALECT_NN_GRAPHBUILDER_H

#include "dialect/nn/NN.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace attn::nn {

/// What the region of an `nn.generic` is built from.
struct LoopScalars {
  llvm::ArrayRef<mlir::Value> elements; ///< one of each input
  mlir::Value accumulator;              ///< where there are reductions
  llvm::ArrayRef<mlir::Value> indices;  ///< of the loops, i32
};

/// An input of an `nn.generic` and what indexes each of its dimensions.
struct LoopInput {
  mlir::Value value;
  llvm::SmallVector<mlir::AffineExpr, 4> indices;
};

/// Builds nn ops at one location, and scalar arithmetic inside their regions.
class GraphBuilder : public mlir::ImplicitLocOpBuilder {
public:
  GraphBuilder(mlir::OpBuilder &builder, mlir::Location location) : ImplicitLocOpBuilder(location, builder) {}

  using Code = llvm::function_ref<mlir::Value(const LoopScalars &)>;

  /// The index of loop `number`.
  mlir::AffineExpr loop(unsigned number) { return getAffineDimExpr(number); }
  mlir::AffineExpr fixed(int64_t index) { return getAffineConstantExpr(index); }
  /// Those of the loops first … first + count − 1.
  llvm::SmallVector<mlir::AffineExpr, 4> loopRange(unsigned first, unsigned count);

  /// y[p] = code(…), with a loop for each dimension of `result`.
  mlir::Value map(mlir::RankedTensorType result, llvm::ArrayRef<LoopInput> inputs, Code code);
  /// y[p] = a fold over `reductions` more loops that begins with `init`.
  mlir::Value fold(mlir::RankedTensorType result, unsigned reductions, mlir::TypedAttr init,
                   llvm::ArrayRef<LoopInput> inputs, Code code);
  /// Σ over `reductions` more loops of the products of all inputs, in f32.
  mlir::Value sumOfProducts(mlir::RankedTensorType result, unsigned reductions, llvm::ArrayRef<LoopInput> inputs);

  /// x Wᵀ (+ b), of the input's rows and of `element`, null for the input's.
  mlir::Value linear(mlir::Value input, mlir::Value weight, mlir::Value bias = {}, mlir::Type element = {});

  /// A tensor type of `element` with the shape `sizes`.
  mlir::RankedTensorType tensorOf(llvm::ArrayRef<int64_t> sizes, mlir::Type element) {
    return mlir::RankedTensorType::get(sizes, element);
  }

  //===--- Scalars -------------------------------------------------------------===//
  mlir::Value f32(double value);
  mlir::Value i32(int64_t value);
  /// 1 / (1 + e^−x).
  mlir::Value sigmoid(mlir::Value x);

private:
  mlir::Value generic(mlir::RankedTensorType result, unsigned loops, mlir::TypedAttr init,
                      llvm::ArrayRef<LoopInput> inputs, Code code);
};

} // namespace attn::nn

#endif // ATTN_DIALECT_NN_GRAPHBUILDER_H
