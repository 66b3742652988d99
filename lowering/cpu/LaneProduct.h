//===- LaneProduct.h - sums of products with f32 or pairs of bf16 in a lane -*- C++ -*-===//
//
// A micro-kernel of attention multiplies a register of lanes by an element that is the same in all of them. In f32 a
// lane is one element of the summed dimension; in bf16 it is two neighbours of it, whose products one instruction
// (vdpbf16ps) adds to the lane's f32: x[2k] · y[2k] + x[2k + 1] · y[2k + 1] + sum. Matrices in scratch are laid out for
// that: the `depth` neighbours stand side by side.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_CPU_LANEPRODUCT_H
#define ATTN_LOWERING_CPU_LANEPRODUCT_H

#include "lowering/cpu/VectorBuilder.h"

namespace attn {

class LaneProduct {
public:
  /// Products of f32, or where `element` is bf16 of pairs; for the latter the target has the instruction.
  LaneProduct(VectorBuilder &builder, mlir::Type element)
      : element(element), depth(element.isBF16() ? 2 : 1), b(builder) {}

  mlir::Type element;
  /// Elements of the summed dimension that a lane holds.
  int64_t depth;

  /// Elements in a register.
  int64_t elements() const { return b.lanes * depth; }
  /// A register of lanes from `indices` on.
  mlir::Value load(mlir::Value matrix, mlir::ValueRange indices) { return b.loadVector(matrix, indices, elements()); }
  /// One lane's elements, from `indices` on, in all lanes.
  mlir::Value broadcast(mlir::Value matrix, mlir::ValueRange indices);
  /// sum + x · y, lane by lane.
  mlir::Value add(mlir::Value x, mlir::Value y, mlir::Value sum);

  /// Which elements of a register of weights are 0.
  mlir::Value zerosOf(mlir::Value weights);
  /// sum + x · weights without the products whose weight is 0: 0 · NaN is NaN.
  mlir::Value addWhereWeighted(mlir::Value x, mlir::Value weights, mlir::Value zeros, mlir::Value sum);

  /// Weights, a vector of f32, in the element type, to nearest even. Subnormal ones become 0.
  mlir::Value round(mlir::Value weights);

private:
  VectorBuilder &b;
};

/// The lanes of two vectors by turns.
mlir::Value interleave(VectorBuilder &b, mlir::Value x, mlir::Value y);
/// The transpose of a square of lanes: as many vectors of 32-bit elements as they have lanes.
VectorBuilder::Carried transpose(VectorBuilder &b, mlir::ValueRange vectors);

} // namespace attn

#endif // ATTN_LOWERING_CPU_LANEPRODUCT_H
