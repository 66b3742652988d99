//===- AttentionTask.cpp - what prefill and decode share of a task ---===//

#include "lowering/cpu/AttentionTask.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// What pairs are, from the ops of the sweep
//===----------------------------------------------------------------------===//

/// The code of an op with a body and captures, if there is one.
template <typename Op> static PairCode::Body bodyOf(Op op) {
  if (!op || op.getBody().empty())
    return {};
  return {&op.getBody().front(), SmallVector<Value>(op.getCaptures())};
}

static PairCode::Form pairsOf(AttentionSweep &sweep) {
  return {sweep.normalize.getWeighting(),
          sweep.finish.getNormalizer(),
          sweep.finish.getEpsilon(),
          bodyOf(sweep.score),
          bodyOf(sweep.mask),
          bodyOf(sweep.factor)};
}

AttentionTask::AttentionTask(VectorBuilder &builder, AttentionSweep &sweep, int64_t blockKeys)
    : PairCode(builder, pairsOf(sweep), sweep.rows.getSequence()), sweep(sweep), rows(sweep.rowCount()),
      step(sweep.step()), group(sweep.rows.getGroup()), valueWidth(sweep.width(sweep.value)), blockKeys(blockKeys),
      keyHead(sweep.rows.getKeyHead()), weighting(builder, sweep.weightType()) {}

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

Value AttentionTask::mapped(tile::MapOp map, Value features) {
  return map ? inlined(map.getBody().front(), features, map.getCaptures()) : features;
}

void AttentionTask::loadQueries(AttentionSweep::Part &part, Value matrix, Value scale) {
  auto map = [&](Value features) { return mapped(part.queryMap, features); };
  StridedBuffer source = takeBuffer(b, part.query.getSource());
  b.loop(b.index(0), b.index(rows), 1, [&](Value x) {
    Row row = rowAt(x);
    auto copy = [&] {
      copyRows(b, source, rowOffset(b, source, part.query.getOrigin(), row.inSequence, row.head), matrix, x,
               {map, scale, Value()});
      zeroRow(b, matrix, x, source.width);
    };
    b.branch(b.less(row.inSequence, sweep.rows.getValid()), copy, [&] { zeroRow(b, matrix, x); });
  });
}

/// Queries are read, and the columns of tiles that no row fills become zero, once a task. The scale, and log₂e of
/// exponentials where no score region comes between, go into queries of f32 that are multiplied; bf16 would round once
/// more.
void AttentionTask::loadParts() {
  auto makeTile = [&](ArrayRef<int64_t> shape, Type element, int64_t filled) {
    Value tile = b.scratch(shape, element);
    if (filled < shape.back())
      b.loop(b.index(0), b.index(shape.front()), 1, [&](Value row) { zeroRow(b, tile, row, filled); });
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
    scale = scoreScale(scale);
    Value queries = b.scratch({rows, paddedWidth}, product.element);
    loadQueries(part, queries, isLate ? Value() : scale);
    Value keys = makeTile({step, paddedWidth}, product.element, width);
    parts.push_back({product, queries, keys, isLate ? b.splat(scale) : Value(), width, paddedWidth, bodyOf(part.dot)});
  }
  int64_t depth = weighting.depth;
  for (auto [part, source] : llvm::zip(parts, sweep.parts))
    if (source.key == sweep.value && !source.keyMap && part.product.depth == depth && depth == 1)
      valueTile = part.keys;
  if (!valueTile)
    valueTile = makeTile({step / depth, padded(valueWidth, b.lanes) * depth}, weighting.element, valueWidth * depth);
}

//===----------------------------------------------------------------------===//
// Output
//===----------------------------------------------------------------------===//

Value AttentionTask::sinkOf(Value h, Value i) {
  if (!sweep.sink)
    return Value();
  return inlinedAt(bodyOf(sweep.sink), {}, {h, i, b.i32(b.index(0))});
}

/// Converts and writes the rows that the call has; those that do not exist become 0, or −∞ in a log-sum-exp.
void AttentionTask::storeRows() {
  StridedBuffer output = takeBuffer(b, sweep.output.getDestination());
  std::optional<StridedBuffer> logSumExp;
  if (sweep.logSumExp)
    logSumExp = takeBuffer(b, sweep.logSumExp.getDestination(), /*hasWidth=*/false);
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
      Value offset = rowOffset(b, output, sweep.output.getOrigin(), row.inSequence, row.head);
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
      Value at = rowOffset(b, *logSumExp, sweep.logSumExp.getOrigin(), row.inSequence, row.head);
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
  auto change = [&](Value features) { return mapped(map, features); };
  StridedBuffer source = takeBuffer(b, view.getSource());
  b.loop(b.index(0), b.divide(at.count, depth), 1, [&](Value row) {
    Value key = b.add(at.firstKey, b.mul(row, depth)), lastKey = b.add(key, depth - 1);
    Value lastExists = at.full || depth == 1 ? Value() : b.less(lastKey, at.end);
    auto copy = [&] {
      SmallVector<Value> offsets{rowOffset(b, source, view.getOrigin(), key, view.getKeyHead())};
      if (depth == 2) {
        Value last = rowOffset(b, source, view.getOrigin(), lastKey, view.getKeyHead());
        offsets.push_back(lastExists ? b.select(lastExists, last, offsets[0]) : last);
      }
      copyRows(b, source, offsets, tile, row, {change, Value(), lastExists});
    };
    if (at.full)
      copy();
    else
      b.branch(b.less(key, at.end), copy, [&] { zeroRow(b, tile, row); });
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

void AttentionTask::emitRanges() {
  ValueRange bounds = sweep.sweep.getBounds();
  SmallVector<KeyRange> ranges;
  for (auto [number, kind] : llvm::enumerate(sweep.sweep.getKinds().getAsValueRange<StringAttr>()))
    ranges.push_back({bounds[2 * number], bounds[2 * number + 1], kind == "full"});
  forEachRange(b, ranges, [&](Value begin, Value end, bool full) { emitRange(begin, end, full); });
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
