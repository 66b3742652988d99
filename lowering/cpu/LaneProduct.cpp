//===- LaneProduct.cpp - sums of products with f32 or pairs of bf16 in a lane ---===//

#include "lowering/cpu/LaneProduct.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

Value LaneProduct::broadcast(Value matrix, ValueRange indices) {
  if (depth == 1)
    return b.splat(b.load(matrix, indices));
  // As one integer, so that it is a broadcast from memory and no shuffle.
  Value pair = b.loadVector(matrix, indices, depth);
  Value lane = vector::ExtractOp::create(b, vector::BitCastOp::create(b, b.vectorOf(b.getI32Type(), 1), pair), 0);
  return vector::BitCastOp::create(b, b.vectorOf(element, elements()), b.splat(lane));
}

Value LaneProduct::add(Value x, Value y, Value sum) {
  if (depth == 1)
    return b.fma(x, y, sum);
  return x86vector::DotBF16Op::create(b, sum.getType(), sum, x, y);
}

Value LaneProduct::zerosOf(Value weights) {
  if (depth == 1)
    return b.isEqual(weights, 0);
  Value bits = arith::BitcastOp::create(b, b.vectorOf(b.getI16Type(), elements()), weights);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(bits.getType()));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, bits, zero);
}

Value LaneProduct::addWhereWeighted(Value x, Value weights, Value zeros, Value sum) {
  if (depth == 1)
    return b.select(zeros, sum, add(x, weights, sum));
  // The neighbours share an instruction: what must not be seen of them becomes 0 before it.
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(x.getType()));
  return add(b.select(zeros, zero, x), weights, sum);
}

Value LaneProduct::round(Value weights) {
  if (depth == 1)
    return weights;
  return x86vector::CvtPackedF32ToBF16Op::create(b, b.vectorOf(element), weights);
}

//===----------------------------------------------------------------------===//
// Shuffles
//===----------------------------------------------------------------------===//

Value attn::interleave(VectorBuilder &b, Value x, Value y) {
  int64_t lanes = cast<VectorType>(x.getType()).getDimSize(0);
  SmallVector<int64_t> order;
  for (int64_t lane = 0; lane < lanes; ++lane)
    order.append({lane, lanes + lane});
  return vector::ShuffleOp::create(b, x, y, order);
}

/// Recursive (Eklundh, 1972): in round d the blocks of d lanes right of the diagonal change places with those below it.
VectorBuilder::Carried attn::transpose(VectorBuilder &b, ValueRange vectors) {
  VectorBuilder::Carried rows(vectors);
  int64_t lanes = rows.size();
  for (int64_t d = 1; d < lanes; d *= 2) {
    SmallVector<int64_t> upper, lower;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      bool right = lane & d;
      upper.push_back(right ? lanes + lane - d : lane);
      lower.push_back(right ? lanes + lane : lane + d);
    }
    for (int64_t row = 0; row < lanes; ++row) {
      if (row & d)
        continue;
      Value x = rows[row], y = rows[row + d];
      rows[row] = vector::ShuffleOp::create(b, x, y, upper);
      rows[row + d] = vector::ShuffleOp::create(b, x, y, lower);
    }
  }
  return rows;
}
