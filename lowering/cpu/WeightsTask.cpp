//===- WeightsTask.cpp - weights in place of the output, keys in lanes ---===//

#include "lowering/cpu/WeightsTask.h"

#include "lowering/cpu/StridedRows.h"
#include "lowering/cpu/VectorMath.h"
#include "lowering/cpu/VectorRegions.h"
#include "passes/Homogeneous.h"
#include "passes/KeyHeads.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>

using namespace mlir;
using namespace attn;

/// Rows of a block of products; with the vectors of a row they fill the registers beside one vector of keys.
static constexpr int64_t blockRows = 4;
static int64_t blockVectors(const Target &target) { return target.vectorRegisters >= 32 ? 4 : 2; }

static PairCode::Body bodyOf(ScalarCode &code) {
  return code.empty() ? PairCode::Body() : PairCode::Body{&code.region.front(), code.captures};
}

WeightsTask::WeightsTask(VectorBuilder &builder, GenericOp generic, PairRegions &regions,
                         const SequenceScalars &sequence, tile::PlanAttr plan, Value n)
    : PairCode(builder,
               {generic.getWeighting(), generic.getNormalizer(), generic.getEpsilon(), bodyOf(regions.score),
                bodyOf(regions.mask), bodyOf(regions.factor)},
               n),
      op(generic), regions(regions), sequence(sequence), group(headsOf(generic.getQueries()[0]) / taskHeads(generic)),
      keyHeads(taskHeads(generic)), rows(plan.getRows()), positions(rows / group), step(plan.getKeys()),
      vectors(step / builder.lanes), isMean(generic.getWeights() == WeightsOf::mean),
      isSum(generic.getNormalizer() == Normalizer::sum) {}

//===----------------------------------------------------------------------===//
// The task
//===----------------------------------------------------------------------===//

LogicalResult WeightsTask::emit(Value head, Value tile) {
  keyHead = head ? head : b.index(0);
  RowSpan span = placeRows(tile);
  ranges = emitKeyRanges(b, regions.mask, span, step);
  makeScratch();
  Value zero = b.index(0), keys = memref::DimOp::create(b, op.getKeys()[0], 1);
  if (isMean) {
    zeroColumns(zero, rowCount, zero, keys); // Heads are added to it.
    b.loop(zero, b.index(keyHeads), 1, [&](Value each) {
      keyHead = each;
      emitHead();
    });
    return status;
  }
  zeroColumns(queryCount, rowCount, zero, keys);
  zeroGaps();
  emitHead();
  return status;
}

/// Later rows meet more keys under a causal mask: they go first.
RowSpan WeightsTask::placeRows(Value tile) {
  Value zero = b.index(0), size = b.index(positions);
  Value total = memref::DimOp::create(b, op.getQueries()[0], 1);
  Value tiles = b.divide(b.add(total, positions - 1), positions);
  firstRow = b.mul(b.sub(b.sub(tiles, b.index(1)), tile), positions);
  auto countOf = [&](Value count) {
    return b.minimum(b.createOrFold<arith::MaxSIOp>(b.sub(count, firstRow), zero), size);
  };
  queryCount = countOf(sequence.validRows);
  rowCount = countOf(sequence.rowCount);
  RowSpan span;
  span.sequence = sequenceIndex;
  span.first = b.add(sequence.start, firstRow);
  span.last = b.sub(b.add(span.first, queryCount), b.index(1));
  span.keyCount = b.select(b.less(zero, queryCount), sequence.keyCount, zero);
  // Of a mean, ranges are those of all heads.
  span.firstHead = isMean ? zero : b.mul(keyHead, group);
  span.heads = isMean ? keyHeads * group : group;
  return span;
}

void WeightsTask::makeScratch() {
  Type f32 = b.getF32Type(), f64 = b.getF64Type();
  int64_t blocks = padded(rows, blockRows);
  for (Value key : op.getKeys()) {
    int64_t width = dataShape(key.getType()).back(), paddedWidth = padded(width, b.lanes);
    Value scale = scoreScale(op.getScale());
    parts.push_back({LaneProduct(b, f32), b.scratch({blocks, paddedWidth}, f32), b.scratch({step, paddedWidth}, f32),
                     regions.pair.empty() ? Value() : b.splat(scale), width, paddedWidth, bodyOf(regions.pair)});
    keysAcross.push_back(b.scratch({paddedWidth, step}, f32));
  }
  scores = b.scratch({blocks, step}, f32);
  if (isSum) {
    maxima = b.scratch({rows, b.lanes}, f32);
    sums = b.scratch({rows, b.lanes}, f32);
    subtrahends = isMean ? b.scratch({rows}, f32) : Value();
    inverses = isMean ? b.scratch({rows}, f32) : Value();
  }
  if (op.getGates()) {
    rowGates = b.scratch({positions}, f64);
    rowEnds = b.scratch({rows}, f64);
    lastGates = b.scratch({rows, b.lanes}, f64);
    keyGates = b.scratch({step}, f64);
    gateEnd = b.scratch({1}, b.getIndexType());
    gateSum = b.scratch({1}, f64);
  }
}

//===----------------------------------------------------------------------===//
// Rows and keys in scratch
//===----------------------------------------------------------------------===//

WeightsTask::Row WeightsTask::rowAt(Value r) {
  return {b.divide(r, group), b.add(b.mul(keyHead, group), b.remainder(r, group))};
}

/// The head of `data`, a key part or gates, that the task's rows read.
Value WeightsTask::headOf(Value data) {
  ArrayRef<int64_t> shape = dataShape(data.getType());
  int64_t heads = shape.size() == 4 ? shape[2] : shape.back();
  return b.divide(keyHead, keyHeads / heads);
}

Value WeightsTask::mapped(Value features) {
  ScalarCode &code = regions.features;
  return code.empty() ? features : inlined(code.region.front(), features, code.captures);
}

/// The scale goes into queries that are multiplied.
void WeightsTask::loadQueries() {
  auto map = [&](Value features) { return mapped(features); };
  Value scale = regions.pair.empty() ? scoreScale(op.getScale()) : Value();
  for (auto [part, query] : llvm::zip_equal(parts, op.getQueries())) {
    StridedBuffer source = takeBuffer(b, query);
    forEachRow([&, matrix = part.queries](Value r, const Row &row) {
      Value at = rowOffset(b, source, sequenceIndex, b.add(firstRow, row.position), row.head);
      copyRows(b, source, at, matrix, r, {map, scale, Value()});
    });
  }
  // Queries whose powers f32 might not hold; all parts alike.
  bool arePowers = op.getPower().value_or(1) > 1 && op.getScore().empty() && op.getPair().empty();
  if (!arePowers || isExp() || !isHomogeneous(op))
    return;
  forEachRow([&](Value r, const Row &) {
    Value largest = b.f32(0);
    for (const Part &part : parts) {
      zeroRow(b, part.queries, r, part.width); // Nothing was copied behind it.
      largest = b.maximum(largest, largestOfRow(b, part.queries, r));
    }
    for (const Part &part : parts)
      scaleRow(b, part.queries, r, factorToUnit(b, largest));
  });
}

/// Rows at or beyond the end keep what was there: no pair of them is admitted.
void WeightsTask::loadKeys(const Step &at) {
  auto map = [&](Value features) { return mapped(features); };
  Value count = at.full ? b.index(step) : b.minimum(b.sub(at.end, at.firstKey), b.index(step));
  for (auto [part, key, across] : llvm::zip_equal(parts, op.getKeys(), keysAcross)) {
    StridedBuffer source = takeBuffer(b, key);
    Value head = headOf(key);
    b.loop(b.index(0), count, 1, [&, matrix = part.keys](Value k) {
      Value offset = rowOffset(b, source, sequence.keyOrigin, b.add(at.firstKey, k), head);
      copyRows(b, source, offset, matrix, k, {map, Value(), Value()});
    });
    transposeInto(b, part.keys, across, 1);
  }
}

//===----------------------------------------------------------------------===//
// The sweeps
//===----------------------------------------------------------------------===//

void WeightsTask::emitHead() {
  loadQueries();
  if (op.getGates()) {
    b.store(b.index(0), gateEnd, b.index(0));
    b.store(arith::ConstantOp::create(b, b.getF64FloatAttr(0)), gateSum, b.index(0));
    loadGates(b.add(sequence.start, firstRow), positions, rowGates);
    placeRowEnds();
  }
  if (isSum) {
    forEachRow([&](Value r, const Row &) {
      b.storeVector(b.splat(-INFINITY), maxima, {r, b.index(0)});
      b.storeVector(b.splat(0.0), sums, {r, b.index(0)});
      if (!op.getState().empty())
        b.store(sumOfState(r), sums, {r, b.index(0)});
    });
    forEachStep([&](const Step &at) {
      computeScores(at);
      forEachRow([&](Value r, const Row &row) { track(r, row, at); });
    });
  }
  if (isSum && !isMean)
    return forEachRow([&](Value r, const Row &row) { finishInPlace(r, row); });
  if (isSum)
    forEachRow([&](Value r, const Row &row) { finishApart(r, row); });
  forEachStep([&](const Step &at) {
    computeScores(at);
    forEachRow([&](Value r, const Row &row) {
      Value subtrahend = isExp() ? b.splat(b.load(subtrahends, r)) : Value();
      Value inverse = isSum ? b.splat(b.load(inverses, r)) : Value();
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Value weights = keptOf(r, row, vector, at);
        weights = subtrahend ? weightsOf(weights, subtrahend, at) : weights;
        write(r, row, vector, at, finished(weights, inverse, pairsAt(row, vector, at)));
      }
    });
  });
}

void WeightsTask::forEachStep(function_ref<void(const Step &)> code) {
  forEachRange(b, ranges, [&](Value begin, Value end, bool full) {
    b.loop(begin, end, step, [&](Value firstKey) { code({firstKey, end, b.index(step), full}); });
  });
}

void WeightsTask::forEachRow(function_ref<void(Value, const Row &)> code) {
  b.loop(b.index(0), b.mul(queryCount, group), 1, [&](Value r) { code(r, rowAt(r)); });
}

/// A block of products: `vectors` registers of keys for each of its rows.
void WeightsTask::emitBlock(Value firstBlockRow, int64_t firstVector, int64_t count) {
  Carried sum(blockRows * count);
  for (auto [part, across] : llvm::zip_equal(parts, keysAcross)) {
    Carried ofPart(sum.size(), b.splat(0.0));
    ofPart = b.loop(b.index(0), b.index(part.width), 1, ofPart,
                    [&, &part = part, across = across](Value feature, ValueRange so) {
                      Carried next, keys;
                      for (int64_t vector = 0; vector < count; ++vector)
                        keys.push_back(b.loadVector(across, {feature, scratchColumn(firstVector + vector)}));
                      for (int64_t row = 0; row < blockRows; ++row) {
                        Value query = part.product.broadcast(part.queries, {b.add(firstBlockRow, row), feature});
                        for (int64_t vector = 0; vector < count; ++vector)
                          next.push_back(addTerm(part, query, keys[vector], feature, /*areFeatures=*/false,
                                                 so[row * count + vector]));
                      }
                      return next;
                    });
    for (auto [total, added] : llvm::zip_equal(sum, ofPart))
      total = addPart(part, added, total);
  }
  for (int64_t row = 0; row < blockRows; ++row)
    for (int64_t vector = 0; vector < count; ++vector)
      b.storeVector(sum[row * count + vector], scores,
                    {b.add(firstBlockRow, row), scratchColumn(firstVector + vector)});
}

void WeightsTask::emitProducts() {
  int64_t most = blockVectors(b.target);
  b.loop(b.index(0), b.mul(queryCount, group), blockRows, [&](Value row) {
    for (int64_t first = 0; first < vectors; first += most)
      emitBlock(row, first, std::min(most, vectors - first));
  });
}

void WeightsTask::computeScores(const Step &at) {
  loadKeys(at);
  if (op.getGates())
    loadGates(at.firstKey, step, keyGates);
  emitProducts();
}

PairCode::Pairs WeightsTask::pairsAt(const Row &row, int64_t vector, const Step &at) {
  Value first = b.splat(b.i32(b.add(at.firstKey, scratchColumn(vector))));
  Value position = b.add(b.add(sequence.start, firstRow), row.position);
  return {b.i32(row.head), b.i32(position), arith::AddIOp::create(b, first, b.laneNumbers())};
}

Value WeightsTask::keptOf(Value r, const Row &row, int64_t vector, const Step &at) {
  Value score = b.loadVector(scores, {r, scratchColumn(vector)});
  score = changeScores(score, pairsAt(row, vector, at), at);
  if (isExp())
    return score;
  Value weights = weightsOf(score, Value(), at);
  return op.getGates() ? fade(weights, r, vector) : weights;
}

/// The running maximum and sum of a row, each lane by itself. Scores that wait in the result become exponentials, and
/// have a sum, when their maximum is known; those of a mean are gone by then.
void WeightsTask::track(Value r, const Row &row, const Step &at) {
  SmallVector<Value> kept;
  for (int64_t vector = 0; vector < vectors; ++vector) {
    kept.push_back(keptOf(r, row, vector, at));
    if (!isMean)
      write(r, row, vector, at, kept.back());
  }
  Value place = b.index(0), subtrahend;
  if (isExp()) {
    Value previous = b.loadVector(maxima, {r, place}), maximum = previous;
    for (Value scores : kept)
      maximum = b.maximum(scores, maximum);
    b.storeVector(maximum, maxima, {r, place});
    if (!isMean)
      return;
    subtrahend = subtrahendOf(maximum);
    Value sum = b.mulf(b.loadVector(sums, {r, place}), b.exp2(b.subf(previous, subtrahend)));
    b.storeVector(sum, sums, {r, place});
  }
  addToSum(r, kept, subtrahend, at);
}

/// Adds weights, or with a subtrahend exponentials of scores, to the lanes of a row's sum.
void WeightsTask::addToSum(Value r, ArrayRef<Value> kept, Value subtrahend, const Step &at) {
  Value sum = b.loadVector(sums, {r, b.index(0)});
  for (Value each : kept)
    sum = b.addf(sum, subtrahend ? weightsOf(each, subtrahend, at) : each);
  b.storeVector(sum, sums, {r, b.index(0)});
}

/// What the weights of a row are multiplied by, in all lanes; the maximum is null for linear ones.
Value WeightsTask::inverseOf(Value r, const Row &row, Value maximum, Value sum) {
  Value sink = op.getSink() ? b.splat(loadClamped(b, op.getSink(), b.i32(row.head))) : Value();
  return finishState(maximum, b.splat(sumLanes(b, sum)), sink).inverseSum;
}

/// A row at a time, so that what is read again stands in the first-level cache.
void WeightsTask::finishInPlace(Value r, const Row &row) {
  Value maximum;
  if (isExp()) {
    maximum = b.splat(maxLanes(b, b.loadVector(maxima, {r, b.index(0)})));
    Value subtrahend = subtrahendOf(maximum);
    forEachStep([&](const Step &at) {
      SmallVector<Value> weights;
      for (int64_t vector = 0; vector < vectors; ++vector) {
        weights.push_back(weightsOf(fetch(r, row, vector, at), subtrahend, at));
        write(r, row, vector, at, weights.back());
      }
      addToSum(r, weights, Value(), at);
    });
  }
  Value inverse = inverseOf(r, row, maximum, b.loadVector(sums, {r, b.index(0)}));
  forEachStep([&](const Step &at) {
    for (int64_t vector = 0; vector < vectors; ++vector)
      write(r, row, vector, at, finished(fetch(r, row, vector, at), inverse, pairsAt(row, vector, at)));
  });
}

/// Of a mean: what the second sweep needs of a row.
void WeightsTask::finishApart(Value r, const Row &row) {
  Value sum = b.loadVector(sums, {r, b.index(0)}), maximum;
  if (isExp()) {
    Value ofLanes = b.loadVector(maxima, {r, b.index(0)});
    maximum = b.splat(maxLanes(b, ofLanes));
    Value subtrahend = subtrahendOf(maximum);
    sum = b.mulf(sum, b.exp2(b.subf(ofLanes, subtrahend)));
    b.store(vector::ExtractOp::create(b, subtrahend, 0), subtrahends, r);
  }
  b.store(vector::ExtractOp::create(b, inverseOf(r, row, maximum, sum), 0), inverses, r);
}

/// Weights as the result has them.
Value WeightsTask::finished(Value weights, Value inverse, const Pairs &pairs) {
  if (inverse)
    weights = b.mulf(weights, inverse);
  if (isMean)
    weights = b.mulf(weights, b.splat(1.0 / static_cast<double>(keyHeads * group)));
  return timesFactor(weights, pairs);
}
