//===- AttentionTask.cpp - what prefill and decode share of a task ---===//

#include "lowering/cpu/AttentionTask.h"

#include "lowering/cpu/VectorRegions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <cmath>

using namespace mlir;
using namespace attn;

AttentionTask::AttentionTask(VectorBuilder &builder, AttentionSweep &sweep, int64_t blockKeys)
    : b(builder), sweep(sweep), rows(sweep.rowCount()), step(sweep.step()), group(sweep.rows.getGroup()),
      valueWidth(sweep.width(sweep.value)), blockKeys(blockKeys), sequenceIndex(sweep.rows.getSequence()),
      keyHead(sweep.rows.getKeyHead()), weighting(builder, sweep.weightType()) {}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

Value AttentionTask::inlined(Block &body, ValueRange leading, ValueRange captures, const IRMapping &known) {
  SmallVector<Value> arguments(leading);
  llvm::append_range(arguments, captures);
  FailureOr<Value> result = inlineOnLanes(b, body, arguments, known);
  if (succeeded(result))
    return *result;
  status = failure();
  return b.splat(0.0);
}

Value AttentionTask::inlinedAt(Block &body, ValueRange leading, const Pairs &pairs, ValueRange captures,
                               const IRMapping &known) {
  SmallVector<Value> arguments(leading);
  arguments.append({b.i32(sequenceIndex), pairs.h, pairs.i, pairs.j});
  Value result = inlined(body, arguments, captures, known);
  return isa<VectorType>(result.getType()) || result.getType().isInteger(1) ? result : b.splat(result);
}

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

void AttentionTask::copyRows(const StridedBuffer &from, ValueRange offsets, Value matrix, Value to, Change as) {
  Type element = cast<MemRefType>(matrix.getType()).getElementType();
  bool convert = element != from.element;
  int64_t depth = offsets.size(), lanes = b.vectorElements(convert ? b.getF32Type() : element);
  auto change = [&](Value value, bool isLast) {
    if (convert)
      value = b.toF32(value);
    if (as.map)
      value = inlined(as.map.getBody().front(), value, as.map.getCaptures());
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

void AttentionTask::loadQueries(AttentionSweep::Part &part, Value matrix, Value scale) {
  StridedBuffer source = take(part.query.getSource());
  b.loop(b.index(0), b.index(rows), 1, [&](Value x) {
    Row row = rowAt(x);
    auto copy = [&] {
      copyRows(source, rowOffset(source, part.query.getOrigin(), row.inSequence, row.head), matrix, x,
               {part.queryMap, scale, Value()});
      zeroRow(matrix, x, source.width);
    };
    b.branch(b.less(row.inSequence, sweep.rows.getValid()), copy, [&] { zeroRow(matrix, x); });
  });
}

/// Queries are read, and the columns of tiles that no row fills become zero, once a task. The scale, and log₂e of
/// exponentials where no score region comes between, go into queries of f32 that are multiplied; bf16 would round once
/// more.
void AttentionTask::loadParts() {
  auto makeTile = [&](ArrayRef<int64_t> shape, Type element, int64_t filled) {
    Value tile = b.scratch(shape, element);
    if (filled < shape.back())
      b.loop(b.index(0), b.index(shape.front()), 1, [&](Value row) { zeroRow(tile, row, filled); });
    return tile;
  };
  for (AttentionSweep::Part &part : sweep.parts) {
    bool areProducts = part.dot.getBody().empty();
    bool inPairs = areProducts && !part.queryMap && !part.keyMap && b.target.avx512bf16 &&
                   part.query.getType().getElementType().isBF16() && part.key.getType().getElementType().isBF16();
    LaneProduct product(b, inPairs ? Type(b.getBF16Type()) : Type(b.getF32Type()));
    int64_t width = sweep.width(part.key), paddedWidth = padded(width, product.elements());
    Value scale = part.dot.getScale() ? Value(part.dot.getScale()) : b.f32(1);
    bool isLate = inPairs || !areProducts;
    if (sweep.isExp() && !sweep.score)
      scale = b.mulf(scale, b.f32(M_LOG2E));
    Value queries = b.scratch({rows, paddedWidth}, product.element);
    loadQueries(part, queries, isLate ? Value() : scale);
    Value keys = makeTile({step, paddedWidth}, product.element, width);
    parts.push_back({product, queries, keys, isLate ? b.splat(scale) : Value(), width, paddedWidth, part.dot});
  }
  int64_t depth = weighting.depth;
  for (auto [part, source] : llvm::zip(parts, sweep.parts))
    if (source.key == sweep.value && !source.keyMap && part.product.depth == depth && depth == 1)
      valueTile = part.keys;
  if (!valueTile)
    valueTile = makeTile({step / depth, padded(valueWidth, b.lanes) * depth}, weighting.element, valueWidth * depth);
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

Value AttentionTask::addPart(const Part &part, Value products, Value sum) {
  if (!part.factor)
    return sum ? b.addf(sum, products) : products;
  return sum ? b.fma(products, part.factor, sum) : b.mulf(products, part.factor);
}

Value AttentionTask::addTerm(Part &part, Value query, Value key, Value feature, bool areFeatures, Value sum) {
  if (part.dot.getBody().empty())
    return part.product.add(key, query, sum);
  Value number = b.i32(feature);
  if (areFeatures)
    number = arith::AddIOp::create(b, b.splat(number), b.laneNumbers());
  Value term = inlined(part.dot.getBody().front(), {query, key, number}, part.dot.getCaptures());
  term = isa<VectorType>(term.getType()) ? term : b.splat(term);
  if (areFeatures && part.width < part.paddedWidth) { // Features that there are not: the term of 0 and 0 may be any.
    Value width = b.splat(b.i32(b.index(part.width)));
    term = b.select(arith::CmpIOp::create(b, arith::CmpIPredicate::slt, number, width), term, b.splat(0.0));
  }
  return b.addf(sum, term);
}

AttentionTask::OfRows AttentionTask::knownOf(const Pairs &pairs, const Step &at) {
  OfRows known;
  auto find = [&](Block &body, ArrayRef<Value> leading, ValueRange captures, IRMapping &mapping) {
    SmallVector<Value> arguments(leading);
    arguments.append({b.i32(sequenceIndex), pairs.h, pairs.i, Value()});
    llvm::append_range(arguments, captures);
    if (failed(inlineKnown(b, body, arguments, mapping)))
      status = failure();
  };
  if (sweep.score)
    find(sweep.score.getBody().front(), Value(), sweep.score.getCaptures(), known.score);
  if (!at.full && sweep.hasMaskRegion())
    find(sweep.mask.getBody().front(), {}, sweep.mask.getCaptures(), known.mask);
  return known;
}

Value AttentionTask::changeScores(Value scores, const Pairs &pairs, const Step &at, const OfRows &known) {
  if (sweep.score) {
    scores = inlinedAt(sweep.score.getBody().front(), scores, pairs, sweep.score.getCaptures(), known.score);
    if (sweep.isExp())
      scores = b.mulf(scores, b.splat(M_LOG2E));
  }
  if (at.full)
    return scores;
  if (sweep.hasMaskRegion()) {
    Value admitted = inlinedAt(sweep.mask.getBody().front(), {}, pairs, sweep.mask.getCaptures(), known.mask);
    scores = b.select(admitted, scores, b.splat(-INFINITY));
  }
  Value end = b.i32(at.end);
  Value inRange = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, pairs.j,
                                        isa<VectorType>(pairs.j.getType()) ? b.splat(end) : end);
  return b.select(inRange, scores, b.splat(-INFINITY));
}

Value AttentionTask::weightsOf(Value scores, Value subtrahend, const Step &at) {
  if (subtrahend)
    return b.exp2(b.subf(scores, subtrahend));
  return hasChanges(at) ? b.select(b.isEqual(scores, -INFINITY), b.splat(0.0), scores) : scores;
}

Value AttentionTask::timesFactor(Value weights, const Pairs &pairs) {
  if (!sweep.factor)
    return weights;
  return inlinedAt(sweep.factor.getBody().front(), weights, pairs, sweep.factor.getCaptures());
}

//===----------------------------------------------------------------------===//
// Output
//===----------------------------------------------------------------------===//

AttentionTask::Normalizers AttentionTask::finishState(Value maximum, Value sum, Value h, Value i) {
  Normalizers result;
  Value kept = b.splat(1.0);
  if (sweep.finish.getNormalizer() == Normalizer::none) {
    result.inverseSum = kept;
    return result;
  }
  if (std::optional<APFloat> epsilon = sweep.finish.getEpsilon())
    sum = b.addf(sum, b.splat(epsilon->convertToFloat()));
  if (sweep.sink) {
    Pairs pairs{h, i, b.i32(b.index(0))};
    Value logit = inlinedAt(sweep.sink.getBody().front(), {}, pairs, sweep.sink.getCaptures());
    Value sink = b.mulf(logit, b.splat(M_LOG2E)), joint = b.maximum(maximum, sink);
    Value subtrahend = b.select(b.isEqual(joint, -INFINITY), b.splat(0.0), joint);
    kept = b.exp2(b.subf(maximum, subtrahend));
    sum = b.fma(sum, kept, b.exp2(b.subf(sink, subtrahend)));
    maximum = joint;
  }
  Value isEmpty = b.isEqual(sum, 0);
  result.inverseSum = b.select(isEmpty, b.splat(0.0), arith::DivFOp::create(b, kept, sum));
  if (sweep.logSumExp) {
    Value logSum = b.addf(b.mulf(maximum, b.splat(M_LN2)), math::LogOp::create(b, sum));
    result.logSum = b.select(isEmpty, b.splat(-INFINITY), logSum);
  }
  return result;
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
// Ranges of keys
//===----------------------------------------------------------------------===//

/// A step's rows of keys or values, `depth` of them side by side in a row of the tile; those at or beyond the end of
/// the range are zero, so that they add 0 · weight 0.
void AttentionTask::packTile(tile::ViewOp view, tile::MapOp map, Value tile, int64_t depth, const Step &at) {
  StridedBuffer source = take(view.getSource());
  b.loop(b.index(0), b.divide(at.count, depth), 1, [&](Value row) {
    Value key = b.add(at.firstKey, b.mul(row, depth)), lastKey = b.add(key, depth - 1);
    Value lastExists = at.full || depth == 1 ? Value() : b.less(lastKey, at.end);
    auto copy = [&] {
      SmallVector<Value> offsets{rowOffset(source, view.getOrigin(), key, view.getKeyHead())};
      if (depth == 2) {
        Value last = rowOffset(source, view.getOrigin(), lastKey, view.getKeyHead());
        offsets.push_back(lastExists ? b.select(lastExists, last, offsets[0]) : last);
      }
      copyRows(source, offsets, tile, row, {map, Value(), lastExists});
    };
    if (at.full)
      copy();
    else
      b.branch(b.less(key, at.end), copy, [&] { zeroRow(tile, row); });
  });
}

void AttentionTask::emitRange(Value begin, Value end, bool full) {
  b.loop(begin, end, step, [&](Value firstKey) {
    Step at{firstKey, end, b.index(step), full};
    if (!full) {
      Value remaining = b.minimum(b.sub(end, firstKey), b.index(step));
      at.count = b.mul(b.divide(b.add(remaining, blockKeys - 1), blockKeys), blockKeys);
    }
    for (auto [part, source] : llvm::zip(parts, sweep.parts))
      packTile(source.key, source.keyMap, part.keys, 1, at);
    if (llvm::none_of(parts, [&](const Part &part) { return part.keys == valueTile; }))
      packTile(sweep.value, tile::MapOp(), valueTile, weighting.depth, at);
    emitStep(at);
  });
}

/// Neighbouring ranges of one kind share their code: a loop over them reads their bounds from scratch.
void AttentionTask::emitRanges() {
  auto kinds = sweep.sweep.getKinds().getAsValueRange<StringAttr>();
  SmallVector<StringRef> kindOf(kinds.begin(), kinds.end());
  ValueRange bounds = sweep.sweep.getBounds();
  for (unsigned first = 0, last = 0; first < kindOf.size(); first = last) {
    while (last < kindOf.size() && kindOf[last] == kindOf[first])
      ++last;
    bool full = kindOf[first] == "full";
    if (last - first == 1) {
      emitRange(bounds[2 * first], bounds[2 * first + 1], full);
      continue;
    }
    Value table = b.scratch({int64_t(last - first), 2}, b.getIndexType());
    for (unsigned range = first; range < last; ++range)
      for (unsigned side = 0; side < 2; ++side)
        b.store(bounds[2 * range + side], table, {b.index(range - first), b.index(side)});
    b.loop(b.index(0), b.index(last - first), 1, [&](Value range) {
      emitRange(b.load(table, {range, b.index(0)}), b.load(table, {range, b.index(1)}), full);
    });
  }
}

//===----------------------------------------------------------------------===//
// The task
//===----------------------------------------------------------------------===//

LogicalResult AttentionTask::emit() {
  firstRow = b.mul(sweep.rows.getTile(), rows);
  inverseSums = b.scratch({rows}, b.getF32Type());
  if (sweep.logSumExp)
    logSums = b.scratch({rows}, b.getF32Type());
  if (sweep.score || sweep.hasMaskRegion() || sweep.sink || sweep.factor)
    emitCoordinates();
  loadParts();
  begin();
  emitRanges();
  end();
  storeRows();
  return status;
}
