//===- Layers.h - what layers share -*- C++ -*-===//

#ifndef ATTN_DIALECT_ATTN_LAYERS_H
#define ATTN_DIALECT_ATTN_LAYERS_H

#include "dialect/attn/Variants.h"
#include "dialect/nn/GraphBuilder.h"

namespace attn {

/// The logical shape of what a layer has learned.
llvm::ArrayRef<int64_t> learnedShape(mlir::Value weight);

/// Whether sizes agree where both are known.
bool sizesFit(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b);

/// `weight` holds a matrix for each head of `query`, (…, H, d), that gives `width` features: (H·d, width).
mlir::LogicalResult verifyHeadMatrices(mlir::Operation *op, mlir::Value query, mlir::Value weight, int64_t width);

/// σ(q W) ⊙ x: `query` is (…, H, d) with a matrix for each head in `weight`, `input` (…, Hx, e), its head ⌊h/(H/Hx)⌋
/// for query head h. The result has the rows and heads of the query.
mlir::Value gateHeads(nn::GraphBuilder &b, mlir::Value query, mlir::Value weight, mlir::Value input,
                      mlir::RankedTensorType result);

/// The dot products that a chain begins with; null where it begins otherwise, or out of sight.
DotProductOp sourceOf(mlir::Value scores);

/// The scores of the chain behind `scores` again, built at `b`, its source replaced by `source`.
mlir::Value rebuildChain(mlir::OpBuilder &b, mlir::Value scores, mlir::Value source);

/// What adaptive layers ask of their chain and sequences: dot products of tensors of rank 4, rows of a batch,
/// statistics of `count` numbers.
mlir::LogicalResult verifyAdaptive(mlir::Operation *op, mlir::Value scores, mlir::Value sequences, mlir::Value previous,
                                   mlir::Value statistics, int64_t count);

} // namespace attn

#endif // ATTN_DIALECT_ATTN_LAYERS_H
