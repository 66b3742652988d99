//===- SampledScores.h - what a sample of scores says about a call -*- C++ -*-===//
//
// The adaptive layers look at the first 64 queries and the first 64 keys of each sequence: a few loops over 64 × 64
// scores a head, whatever the lengths.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_SAMPLEDSCORES_H
#define ATTN_DIALECT_ATTN_SAMPLEDSCORES_H

#include "dialect/attn/Layers.h"

namespace attn {

/// Builds statistics of s = scale · q·k on the sample, unmasked. Tensors are (n, H) of f32 unless said.
class SampledScores {
public:
  static constexpr int64_t limit = 64;

  /// `sequences` is null, or an attn.padded's.
  SampledScores(nn::GraphBuilder &builder, DotProductOp source, mlir::Value sequences);

  /// The largest |s|.
  mlir::Value largest();
  /// The largest weight of the softmax over the sampled keys.
  mlir::Value largestWeight();
  /// The mean over queries of the entropy of their weights, over log(number of keys): 0 for one key, and for none.
  mlir::Value entropy();
  /// The largest singular value of s, after three power iterations from equal entries.
  mlir::Value largestSingularValue();

  /// The fold of an (n, H) tensor over all its elements, (1) f32: `join` joins the accumulator and an element.
  mlir::Value overAll(mlir::Value statistic, double init,
                      llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> join);
  mlir::RankedTensorType perHead() { return b.tensorOf({batch, heads}, b.getF32Type()); }

private:
  enum class Axis { queries, keys };

  /// The valid positions of each sequence on an axis, (n) i32; `lengths` where a tensor says so, else all of `data`.
  mlir::Value countOf(mlir::Value data, mlir::Value lengths);
  mlir::Value keyCount(PaddedOp padded, mlir::Value key);
  void computeRows();
  /// Σ over the other axis of s · vector, one element for each position of `axis`.
  mlir::Value product(Axis axis, mlir::Value vector);
  /// Σ x² over the positions of (n, H, 64).
  mlir::Value squares(mlir::Value vector);
  mlir::RankedTensorType perPosition() { return b.tensorOf({batch, heads, limit}, b.getF32Type()); }

  nn::GraphBuilder &b;
  int64_t batch, heads;
  mlir::Value queries, keys;   ///< how many of the sample each sequence has, (n) i32
  mlir::Value scores;          ///< (n, H, 64, 64), 0 outside of the sample
  mlir::Value sums, entropies; ///< of a query's weights, relative to the largest; (n, H, 64)
};

} // namespace attn

#endif // ATTN_DIALECT_ATTN_SAMPLEDSCORES_H
