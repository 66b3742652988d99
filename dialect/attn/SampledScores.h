//===- SampledScores.h - what a sample of scores says about a call -*- C++ -*-===//
//
// The adaptive layers look at the first 64 queries and the first 64 admitted keys of each sequence: a few loops over
// 64 × 64 scores a head, whatever the lengths. A key is admitted where the sequence has it and no mask by keys alone
// takes it out; masks that look at queries, too, are no matter of a sample.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_SAMPLEDSCORES_H
#define ATTN_DIALECT_ATTN_SAMPLEDSCORES_H

#include "dialect/attn/Layers.h"

namespace attn {

/// Builds statistics of s = scale · q·k on the sample, unmasked. Tensors are (n, H) of f32 unless said; of packed
/// sequences without starts by value, n counts offsets, the last of which begins a sequence of nothing.
class SampledScores {
public:
  static constexpr int64_t limit = 64;

  /// Of the chain behind `scores`, which begins at attn.dot_product; `sequences` may be null.
  SampledScores(nn::GraphBuilder &builder, mlir::Value scores, mlir::Value sequences);

  /// The largest |s|.
  mlir::Value largest();
  /// The largest weight of the softmax over the sampled keys.
  mlir::Value largestWeight();
  /// The mean over queries of the entropy of their weights, over log(number of keys): 0 for one key, and for none.
  mlir::Value entropy();
  /// The largest singular value of s, after three power iterations from equal entries.
  mlir::Value largestSingularValue();

  using Join = llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)>;
  /// The fold of an (n, H) tensor over the sequences that have a sample, (groups) f32: one for each head, or of all
  /// heads where `groups` is 1. `join` joins the accumulator and an element.
  mlir::Value over(mlir::Value statistic, int64_t groups, double init, Join join);
  mlir::Value sumOver(mlir::Value statistic, int64_t groups);
  /// How many elements such a fold has.
  mlir::Value countOver(mlir::Value statistic, int64_t groups);
  mlir::RankedTensorType perHead() { return b.tensorOf({batch, heads}, b.getF32Type()); }

private:
  enum class Axis { queries, keys };
  /// Where the rows of queries or keys are: packed behind offsets, at positions that were looked up, or as they come.
  struct Rows {
    mlir::Value offsets, positions;
    bool inOrder() const { return !offsets && !positions; }
  };

  mlir::RankedTensorType perSequence() { return b.tensorOf({batch}, b.getI32Type()); }
  mlir::RankedTensorType perPosition() { return b.tensorOf({batch, heads, limit}, b.getF32Type()); }
  /// counts: how many of an axis each sequence has, (n) i32.
  void countPadded(PaddedOp padded, mlir::Value query, mlir::Value key);
  void countPacked(PackedOp packed);
  mlir::Value countAll(mlir::Value data);
  mlir::Value startPlusQueries(mlir::Value start);
  mlir::Value distances(mlir::Value offsets, mlir::Value each);
  mlir::Value limited(mlir::Value counts);
  /// The places of the first 64 keys that `tables` admit, (n, 64) i32, and how many there are.
  mlir::Value findAdmitted(llvm::MutableArrayRef<MaskedOp> masks);
  /// The first 64 positions of a cache, (n, 64, Hk, width) of f32.
  mlir::Value readCache(mlir::Value cache);
  /// The first 64 rows of each sequence as (n, 64, heads, width) of f32.
  mlir::Value gather(mlir::Value data, const Rows &rows);
  void multiply(DotProductOp source, const Rows &queryRows, const Rows &keyRows);

  void computeRows();
  /// Σ over the other axis of s · vector, one element for each position of `axis`.
  mlir::Value product(Axis axis, mlir::Value vector);
  /// Σ x² over the positions of (n, H, 64).
  mlir::Value squares(mlir::Value vector);

  nn::GraphBuilder &b;
  int64_t batch, heads;
  mlir::Value queries, keys;   ///< how many of the sample each sequence has, (n) i32
  mlir::Value scores;          ///< (n, H, 64, 64), 0 outside of the sample
  mlir::Value sums, entropies; ///< of a query's weights, relative to the largest; (n, H, 64)
};

} // namespace attn

#endif // ATTN_DIALECT_ATTN_SAMPLEDSCORES_H
