//===- StridedRows.cpp - rows of buffers of any strides, in and out of scratch ---===//

#include "lowering/cpu/StridedRows.h"

#include "lowering/cpu/LaneProduct.h"
#include "lowering/cpu/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

StridedBuffer attn::takeBuffer(VectorBuilder &b, Value memref, bool hasWidth) {
  auto type = cast<MemRefType>(memref.getType());
  auto metadata = memref::ExtractStridedMetadataOp::create(b, memref);
  StridedBuffer buffer;
  buffer.base = metadata.getBaseBuffer();
  buffer.offset = metadata.getOffset();
  buffer.strides.assign(metadata.getStrides().begin(), metadata.getStrides().end());
  buffer.element = type.getElementType();
  buffer.width = hasWidth ? type.getShape().back() : 1;
  if (hasWidth)
    buffer.isUnit = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, Value(buffer.strides.back()), b.index(1));
  return buffer;
}

Value attn::rowOffset(VectorBuilder &b, const StridedBuffer &buffer, Value origin, Value row, Value head) {
  unsigned leading = buffer.strides.size() - (buffer.isUnit ? 1 : 0);
  if (leading == 2) {
    Value at = b.mul(b.add(origin, row), buffer.strides[0]);
    return b.add(buffer.offset, b.add(at, b.mul(head, buffer.strides[1])));
  }
  Value at = b.add(b.mul(origin, buffer.strides[0]), b.mul(row, buffer.strides[1]));
  return b.add(buffer.offset, b.add(at, b.mul(head, buffer.strides[2])));
}

Value attn::rowMemref(VectorBuilder &b, const StridedBuffer &buffer, Value offset, Value stride) {
  auto layout = StridedLayoutAttr::get(b.getContext(), ShapedType::kDynamic, {stride ? ShapedType::kDynamic : 1});
  auto type = MemRefType::get({buffer.width}, buffer.element, layout);
  SmallVector<OpFoldResult> strides{stride ? OpFoldResult(stride) : OpFoldResult(b.getIndexAttr(1))};
  return memref::ReinterpretCastOp::create(b, type, buffer.base, OpFoldResult(offset),
                                           SmallVector<OpFoldResult>{b.getIndexAttr(buffer.width)}, strides);
}

void attn::copyRows(VectorBuilder &b, const StridedBuffer &from, ValueRange offsets, Value matrix, Value to,
                    const RowChange &as) {
  Type element = cast<MemRefType>(matrix.getType()).getElementType();
  bool convert = element != from.element;
  int64_t depth = offsets.size(), lanes = b.vectorElements(convert ? b.getF32Type() : element);
  auto change = [&](Value value, bool isLast) {
    if (convert)
      value = b.toF32(value);
    if (as.map)
      value = as.map(value);
    if (as.scale) {
      auto vector = dyn_cast<VectorType>(value.getType());
      value = b.mulf(value, vector ? b.splat(as.scale, vector.getDimSize(0)) : as.scale);
    }
    if (!as.lastExists || !isLast)
      return value;
    return b.select(as.lastExists, value,
                    arith::ConstantOp::create(b, cast<TypedAttr>(b.getZeroAttr(value.getType()))));
  };
  auto copyScalars = [&](ArrayRef<Value> sources, int64_t first) {
    b.loop(b.index(first), b.index(from.width), 1, [&](Value column) {
      for (auto [u, source] : llvm::enumerate(sources))
        b.store(change(b.load(source, column), int64_t(u) + 1 == depth), matrix, {to, b.add(b.mul(column, depth), u)});
    });
  };
  auto sources = [&](Value stride) {
    return llvm::map_to_vector(offsets, [&](Value offset) { return rowMemref(b, from, offset, stride); });
  };
  auto copyVectors = [&] {
    SmallVector<Value> neighbours = sources(Value());
    int64_t whole = from.width / lanes * lanes;
    for (int64_t column = 0; column < whole; column += lanes) {
      SmallVector<Value> vectors;
      for (auto [u, source] : llvm::enumerate(neighbours))
        vectors.push_back(change(b.loadVector(source, b.index(column), lanes), int64_t(u) + 1 == depth));
      Value packed = depth == 1 ? vectors[0] : interleave(b, vectors[0], vectors[1]);
      b.storeVector(packed, matrix, {to, b.index(column * depth)});
    }
    if (whole < from.width)
      copyScalars(neighbours, whole);
  };
  b.branch(from.isUnit, copyVectors, [&] { copyScalars(sources(from.strides.back()), 0); });
}

//===----------------------------------------------------------------------===//
// Matrices in scratch
//===----------------------------------------------------------------------===//

Value attn::largestOfRow(VectorBuilder &b, Value matrix, Value row) {
  Value end = b.index(cast<MemRefType>(matrix.getType()).getShape().back());
  VectorBuilder::Carried most =
      b.loop(b.index(0), end, b.lanes, ValueRange(b.splat(0.0)), [&](Value column, ValueRange carried) {
        Value x = b.loadVector(matrix, {row, column}), minus = b.subf(b.splat(0.0), x);
        return VectorBuilder::Carried{b.maximum(b.maximum(carried[0], x), minus)};
      });
  return maxLanes(b, most[0]);
}

Value attn::factorToUnit(VectorBuilder &b, Value largest) {
  auto integer = [&](int64_t value) -> Value { return arith::ConstantOp::create(b, b.getI32IntegerAttr(value)); };
  Value bits = arith::BitcastOp::create(b, b.getI32Type(), largest);
  Value exponent = arith::AndIOp::create(b, bits, integer(0x7f800000));
  Value inverse = arith::BitcastOp::create(b, b.getF32Type(), arith::SubIOp::create(b, integer(0x7f000000), exponent));
  Value isNumber = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, exponent, integer(0x7f800000));
  return b.select(isNumber, inverse, b.f32(1));
}

void attn::scaleRow(VectorBuilder &b, Value matrix, Value row, Value factor) {
  Value factors = b.splat(factor), end = b.index(cast<MemRefType>(matrix.getType()).getShape().back());
  b.loop(b.index(0), end, b.lanes, [&](Value column) {
    b.storeVector(b.mulf(b.loadVector(matrix, {row, column}), factors), matrix, {row, column});
  });
}

void attn::zeroRow(VectorBuilder &b, Value matrix, Value row, int64_t firstColumn) {
  auto type = cast<MemRefType>(matrix.getType());
  Value zero = arith::ConstantOp::create(b, cast<TypedAttr>(b.getZeroAttr(type.getElementType())));
  int64_t column = firstColumn, width = type.getShape().back();
  for (; column % b.lanes == 0 && column + b.lanes <= width; column += b.lanes)
    b.storeVector(b.splat(zero), matrix, {row, b.index(column)});
  for (; column < width; ++column)
    b.store(zero, matrix, {row, b.index(column)});
}

void attn::transposeInto(VectorBuilder &b, Value from, Value to, int64_t depth) {
  ArrayRef<int64_t> shape = cast<MemRefType>(from.getType()).getShape();
  Type f32 = b.getF32Type(), element = cast<MemRefType>(from.getType()).getElementType();
  b.loop(b.index(0), b.index(shape[0]), b.lanes, [&](Value row) {
    b.loop(b.index(0), b.index(shape[1] / depth), b.lanes, [&](Value column) {
      VectorBuilder::Carried lines;
      for (int64_t r = 0; r < b.lanes; ++r) {
        Value line = b.loadVector(from, {b.add(row, r), b.mul(column, depth)}, b.lanes * depth);
        lines.push_back(vector::BitCastOp::create(b, b.vectorOf(f32), line));
      }
      lines = transpose(b, lines);
      for (int64_t r = 0; r < b.lanes; ++r) {
        Value line = vector::BitCastOp::create(b, b.vectorOf(element, b.lanes * depth), lines[r]);
        b.storeVector(line, to, {b.add(column, r), b.mul(row, depth)});
      }
    });
  });
}
