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

/// Whether `op` is a mask that says of a key whether any query may see it.
bool isMaskOfKeys(mlir::Operation *op);

/// What adaptive layers ask of their chain and sequences: dot products, of as many keys as the sequences say where
/// these are in a cache, and statistics of `count` numbers, unless nobody can say how many.
/// Emits that the chain of `scores` begins at another source than attn.dot_product, which `reason` asks for.
mlir::InFlightDiagnostic refuseSource(mlir::Operation *op, mlir::Value scores, llvm::StringRef reason);

mlir::LogicalResult verifyAdaptive(mlir::Operation *op, mlir::Value scores, mlir::Value sequences, mlir::Value previous,
                                   mlir::Value statistics, std::optional<int64_t> count);

//===--- Choices ---------------------------------------------------------------===//

/// Builds the graph of a case. `turns` is null where the whole call takes it, or says of each head whether it does, (H)
/// of i1: the others' output is then never looked at.
using Case = llvm::function_ref<mlir::Value(unsigned number, mlir::Value turns)>;

/// One of several graphs by `flags`, i32: (1) for all heads of the output, whose last two dimensions are head and
/// feature, or (H). Where heads differ, the graphs of the cases that some head takes run one after the other.
mlir::Value chooseByFlags(nn::GraphBuilder &b, mlir::RankedTensorType output, mlir::Value flags, unsigned cases,
                          Case code);

/// The scores of the heads whose turn it is; of the others no key is read. All where `turns` is null.
mlir::Value maskHeads(mlir::OpBuilder &b, mlir::Location location, mlir::Value scores, mlir::Value turns);

} // namespace attn

#endif // ATTN_DIALECT_ATTN_LAYERS_H
