//===- AttentionTask.cpp - what prefill and decode share of a task ---===//

#include "lowering/cpu/AttentionTask.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <cmath>

using namespace mlir;
using namespace attn;

AttentionTask::AttentionTask(VectorBuilder &builder, AttentionSweep &sweep)
    : b(builder), sweep(sweep), rows(sweep.rowCount()), step(sweep.step()), group(sweep.rows.getGroup()),
      valueWidth(sweep.width(sweep.value)), sequenceIndex(sweep.rows.getSequence()), keyHead(sweep.rows.getKeyHead()) {}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

StridedBuffer AttentionTask::take(Value memref, bool hasWidth) {
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

Value AttentionTask::rowOffset(const StridedBuffer &buffer, Value origin, Value row, Value head) {
  unsigned leading = buffer.strides.size() - (buffer.isUnit ? 1 : 0);
  if (leading == 2) {
    Value at = b.mul(b.add(origin, row), buffer.strides[0]);
    return b.add(buffer.offset, b.add(at, b.mul(head, buffer.strides[1])));
  }
  Value at = b.add(b.mul(origin, buffer.strides[0]), b.mul(row, buffer.strides[1]));
  return b.add(buffer.offset, b.add(at, b.mul(head, buffer.strides[2])));
}

/// A row as a vector in memory; `stride` null: neighbours.
static Value rowMemref(VectorBuilder &b, const StridedBuffer &buffer, Value offset, Value stride = Value()) {
  auto layout = StridedLayoutAttr::get(b.getContext(), ShapedType::kDynamic, {stride ? ShapedType::kDynamic : 1});
  auto type = MemRefType::get({buffer.width}, buffer.element, layout);
  SmallVector<OpFoldResult> strides{stride ? OpFoldResult(stride) : OpFoldResult(b.getIndexAttr(1))};
  return memref::ReinterpretCastOp::create(b, type, buffer.base, OpFoldResult(offset),
                                           SmallVector<OpFoldResult>{b.getIndexAttr(buffer.width)}, strides);
}

void AttentionTask::copyRow(const StridedBuffer &from, Value offset, Value matrix, Value to, Value scale) {
  bool convert = cast<MemRefType>(matrix.getType()).getElementType() != from.element;
  auto change = [&](Value value) {
    if (convert)
      value = b.toF32(value);
    if (!scale)
      return value;
    auto vector = dyn_cast<VectorType>(value.getType());
    return b.mulf(value, vector ? b.splat(scale, vector.getDimSize(0)) : scale);
  };
  auto copyScalars = [&](Value row, int64_t first) {
    b.loop(b.index(first), b.index(from.width), 1, [&](Value column) {
      b.store(change(b.load(row, column)), matrix, {to, column});
    });
  };
  auto copyVectors = [&] {
    Value row = rowMemref(b, from, offset);
    int64_t whole = from.width / b.lanes * b.lanes;
    for (int64_t column = 0; column < whole; column += b.lanes)
      b.storeVector(change(b.loadVector(row, b.index(column))), matrix, {to, b.index(column)});
    if (whole < from.width)
      copyScalars(row, whole);
  };
  b.branch(from.isUnit, copyVectors, [&] { copyScalars(rowMemref(b, from, offset, from.strides.back()), 0); });
}

void AttentionTask::zeroRow(Value matrix, Value row, int64_t firstColumn) {
  auto type = cast<MemRefType>(matrix.getType());
  Value zero = arith::ConstantOp::create(b, cast<TypedAttr>(b.getZeroAttr(type.getElementType())));
  int64_t column = firstColumn, width = type.getShape().back();
  for (; column % b.lanes == 0 && column + b.lanes <= width; column += b.lanes)
    b.storeVector(b.splat(zero), matrix, {row, b.index(column)});
  for (; column < width; ++column)
    b.store(zero, matrix, {row, b.index(column)});
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

AttentionTask::Row AttentionTask::rowAt(Value x) {
  Value y = b.add(firstRow, x);
  return {b.divide(y, group), b.add(b.mul(keyHead, group), b.remainder(y, group))};
}

void AttentionTask::emitCoordinates() {
  positions = b.scratch({rows}, b.getI32Type());
  heads = b.scratch({rows}, b.getI32Type());
  b.loop(b.index(0), b.index(rows), 1, [&](Value x) {
    Row row = rowAt(x);
    b.store(b.i32(b.add(sweep.rows.getStart(), row.inSequence)), positions, x);
    b.store(b.i32(row.head), heads, x);
  });
}

Value AttentionTask::productScale(AttentionSweep::Part &part) {
  Value scale = part.scale ? part.scale : b.f32(1);
  return sweep.score ? scale : b.mulf(scale, b.f32(M_LOG2E));
}

Value AttentionTask::loadQueries(AttentionSweep::Part &part, Type element, int64_t paddedWidth, Value scale) {
  StridedBuffer source = take(part.query.getSource());
  Value matrix = b.scratch({rows, paddedWidth}, element);
  b.loop(b.index(0), b.index(rows), 1, [&](Value x) {
    Row row = rowAt(x);
    auto copy = [&] {
      Value offset = rowOffset(source, part.query.getOrigin(), row.inSequence, row.head);
      copyRow(source, offset, matrix, x, scale);
      if (source.width < paddedWidth)
        zeroRow(matrix, x, source.width);
    };
    b.branch(b.less(row.inSequence, sweep.rows.getValid()), copy, [&] { zeroRow(matrix, x); });
  });
  return matrix;
}

/// Converts and writes the rows that the call has; those that do not exist become 0, or −∞ in a log-sum-exp.
void AttentionTask::storeRows() {
  StridedBuffer output = take(sweep.output.getDestination());
  std::optional<StridedBuffer> logSumExp;
  if (sweep.logSumExp)
    logSumExp = take(sweep.logSumExp.getDestination(), /*hasWidth=*/false);
  b.loop(b.index(0), b.index(rows), 1, [&](Value x) {
    Row row = rowAt(x);
    b.branch(b.less(row.inSequence, sweep.rows.getCount()), [&] {
      Value exists = b.less(row.inSequence, sweep.rows.getValid());
      Value inverse = b.load(inverseSums, x);
      Value isZero = b.isEqual(inverse, 0);
      Value live = b.select(isZero, arith::ConstantOp::create(b, b.getBoolAttr(false)), exists);
      auto finished = [&](Value value) {
        auto vector = dyn_cast<VectorType>(value.getType());
        int64_t count = vector ? vector.getDimSize(0) : 0;
        Value scaled = b.mulf(value, vector ? b.splat(inverse, count) : inverse);
        return b.fromF32(b.select(live, scaled, b.constantLike(value, 0)), output.element);
      };
      Value offset = rowOffset(output, sweep.output.getOrigin(), row.inSequence, row.head);
      auto storeScalars = [&](Value to, int64_t first) {
        b.loop(b.index(first), b.index(output.width), 1, [&](Value column) {
          b.store(finished(b.load(outputRows, {x, column})), to, column);
        });
      };
      auto storeVectors = [&] {
        Value to = rowMemref(b, output, offset);
        int64_t whole = output.width / b.lanes * b.lanes;
        for (int64_t column = 0; column < whole; column += b.lanes)
          b.storeVector(finished(b.loadVector(outputRows, {x, b.index(column)})), to, b.index(column));
        if (whole < output.width)
          storeScalars(to, whole);
      };
      b.branch(output.isUnit, storeVectors,
               [&] { storeScalars(rowMemref(b, output, offset, output.strides.back()), 0); });
      if (!logSumExp)
        return;
      Value at = rowOffset(*logSumExp, sweep.logSumExp.getOrigin(), row.inSequence, row.head);
      Value value = b.select(exists, b.load(logSums, x), b.f32(-INFINITY));
      b.store(value, rowMemref(b, *logSumExp, at), b.index(0));
    });
  });
}

//===----------------------------------------------------------------------===//
// The task
//===----------------------------------------------------------------------===//

LogicalResult AttentionTask::emit() {
  firstRow = b.mul(sweep.rows.getTile(), rows);
  inverseSums = b.scratch({rows}, b.getF32Type());
  if (sweep.logSumExp)
    logSums = b.scratch({rows}, b.getF32Type());
  if (sweep.score || sweep.hasMaskRegion())
    emitCoordinates();
  begin();

  // Neighbouring ranges of one kind share their code: a loop over them reads their bounds from scratch.
  auto kinds = sweep.sweep.getKinds().getAsValueRange<StringAttr>();
  SmallVector<StringRef> kindOf(kinds.begin(), kinds.end());
  ValueRange bounds = sweep.sweep.getBounds();
  for (unsigned first = 0, last = 0; first < kindOf.size(); first = last) {
    while (last < kindOf.size() && kindOf[last] == kindOf[first])
      ++last;
    bool full = kindOf[first] == "full";
    if (last - first == 1) {
      if (failed(emitRange(bounds[2 * first], bounds[2 * first + 1], full)))
        return failure();
      continue;
    }
    Value table = b.scratch({int64_t(last - first), 2}, b.getIndexType());
    for (unsigned range = first; range < last; ++range)
      for (unsigned side = 0; side < 2; ++side)
        b.store(bounds[2 * range + side], table, {b.index(range - first), b.index(side)});
    LogicalResult result = success();
    b.loop(b.index(0), b.index(last - first), 1, [&](Value range) {
      result = emitRange(b.load(table, {range, b.index(0)}), b.load(table, {range, b.index(1)}), full);
    });
    if (failed(result))
      return failure();
  }
  end();
  storeRows();
  return success();
}
