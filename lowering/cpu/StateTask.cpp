//===- StateTask.cpp - the chunks of a task, and its scratch ---===//

#include "lowering/cpu/StateTask.h"

#include "lowering/cpu/VectorMath.h"
#include "passes/Homogeneous.h"
#include "passes/KeyHeads.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace attn;

static int64_t pad(int64_t size, int64_t multiple) { return (size + multiple - 1) / multiple * multiple; }

static int64_t widthOf(ValueRange parts) {
  int64_t width = 0;
  for (Value part : parts)
    width += dataShape(part.getType()).back();
  return width;
}

StateTask::StateTask(VectorBuilder &builder, GenericOp generic, int64_t chunk, Value sequenceIndex, Value head)
    : b(builder), op(generic), chunk(chunk), power(generic.getPower().value_or(1)),
      group(headsOf(generic.getQueries()[0]) / taskHeads(generic)), width(widthOf(generic.getKeys())),
      valueWidth(widthOf(generic.getValue())), features(stateWidth(width, power)), paddedChunk(pad(chunk, b.lanes)),
      paddedWidth(pad(width, b.lanes)), paddedValue(pad(valueWidth, b.lanes)),
      isSum(generic.getNormalizer() == Normalizer::sum), n(sequenceIndex), taskHead(head), mask(classifyMask(generic)),
      areWaiting(generic.getGates() && isHomogeneous(generic)) {
  sequence = emitSequenceScalars(b, op, n);
}

//===----------------------------------------------------------------------===//
// Scratch
//===----------------------------------------------------------------------===//

void StateTask::fill(Value matrix, Value value) {
  ArrayRef<int64_t> shape = cast<MemRefType>(matrix.getType()).getShape();
  int64_t count = shape.back();
  auto fillRow = [&](ValueRange leading) {
    SmallVector<Value> at(leading);
    at.push_back(Value());
    bool isVector = count % b.lanes == 0;
    Value stored = isVector ? b.splat(value) : value;
    b.loop(b.index(0), b.index(count), isVector ? b.lanes : 1, [&](Value column) {
      at.back() = column;
      if (isVector)
        b.storeVector(stored, matrix, at);
      else
        b.store(value, matrix, at);
    });
  };
  if (shape.size() == 1)
    return fillRow({});
  b.loop(b.index(0), b.index(shape[0]), 1, [&](Value row) { fillRow(row); });
}

/// Rows of queries and keys are followed by a vector of zeros: a run's last vector reads past the row.
void StateTask::makeScratch(bool hasState, bool hasPairs) {
  Type f32 = b.getF32Type(), f64 = b.getF64Type();
  auto make = [&](ArrayRef<int64_t> shape, Type element) {
    Value matrix = b.scratch(shape, element);
    fill(matrix, element == f32 ? b.f32(0) : Value(arith::ConstantOp::create(b, b.getF64FloatAttr(0))));
    return matrix;
  };
  int64_t rows = group * chunk, row = paddedWidth + b.lanes;
  queries = make({rows, row}, f32);
  keys = make({paddedChunk, row}, f32);
  values = make({chunk, paddedValue}, f32);
  outputs = make({rows, paddedValue}, f32);
  if (isSum)
    pairSums = make({rows}, f32);
  if (hasState) {
    queryFeatures = make({rows, paddedWidth}, f32);
    keyFeatures = make({chunk, paddedWidth}, f32);
    if (!state)
      state = b.scratch({features, paddedValue}, f32);
    place = b.scratch({1}, b.getIndexType());
  }
  if (hasState && isSum) {
    stateSum = b.scratch({features + b.lanes}, f32);
    stateSums = make({rows, b.lanes}, f32);
  }
  if (hasPairs) {
    keysAcross = make({paddedWidth, paddedChunk}, f32);
    weights = make({chunk, paddedChunk}, f32);
    pairFading = make({chunk, paddedChunk}, f32);
  }
  if (op.getGates()) {
    gateSums = make({paddedChunk}, f64);
    carriedGates = make({1}, f64);
    queryFading = make({paddedChunk}, f32);
    keyFading = make({paddedChunk}, f32);
    stateFading = make({1}, f32);
  }
  if (areWaiting) {
    countedKeys = make({paddedChunk}, f32);
    countedRows = make({paddedChunk}, f32);
  }
}

//===----------------------------------------------------------------------===//
// Chunks
//===----------------------------------------------------------------------===//

LogicalResult StateTask::emit(bool isQuadratic) {
  if (failed(copyRegions(b, op, sequence, regions)))
    return failure();
  bool leavesState = op.getDestinations().size() > 1, isReadOnly = isQuadratic && !leavesState;
  std::optional<uint64_t> switchOver = op.getSwitchOver();
  state = findStateInMemory(isReadOnly);
  isInMemory = bool(state);
  makeScratch(/*hasState=*/true, /*hasPairs=*/mask.isCausal || isQuadratic);
  loadState(isReadOnly);
  LogicalResult result = success();
  auto takeKeys = [&] {
    if (isQuadratic && failed(mask.isCausal ? emitPairsOfAll() : emitQueries(/*meetPairs=*/true)))
      result = failure();
    if (mask.isCausal && (!isQuadratic || leavesState) && failed(emitCausal(/*hasRows=*/!isQuadratic)))
      result = failure();
    if (!mask.isCausal && (!isQuadratic || leavesState) && failed(emitKeys()))
      result = failure();
    if (!mask.isCausal && !isQuadratic && failed(emitQueries(/*meetPairs=*/false)))
      result = failure();
    if (areWaiting && leavesState)
      fadeState();
    storeState();
  };
  if (switchOver) {
    Value isFull = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, sequence.keyCount, b.index(*switchOver));
    b.branch(isFull, takeKeys, [&] {
      if (failed(emitPairsOfAll()))
        result = failure();
    });
  } else {
    takeKeys();
  }
  zeroRowsPast();
  return result;
}

/// Queries and keys of a chunk stand at the same positions. Queries may begin before the first key, or go on behind the
/// last one.
void StateTask::beginChunks() {
  Value zero = b.index(0);
  Value before = b.createOrFold<arith::MaxSIOp>(b.sub(zero, sequence.start), zero);
  chunksBegin = b.sub(zero, b.mul(b.divide(b.add(before, chunk - 1), chunk), chunk));
  queryEnd = b.add(sequence.start, sequence.validRows);
  beginGates();
}

void StateTask::beginChunk(Value position) {
  Value zero = b.index(0), size = b.index(chunk);
  auto clampToChunk = [&](Value x) { return b.minimum(b.createOrFold<arith::MaxSIOp>(x, zero), size); };
  base = position;
  rowBase = b.sub(base, sequence.start);
  firstRow = clampToChunk(b.sub(zero, rowBase));
  endRow = clampToChunk(b.sub(sequence.validRows, rowBase));
  Value hasKeys = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, base, zero);
  keyCount = b.select(hasKeys, clampToChunk(b.sub(sequence.keyCount, base)), zero);
}

LogicalResult StateTask::emitCausal(bool hasRows) {
  bool leavesState = op.getDestinations().size() > 1;
  beginChunks();
  Value zero = b.index(0), begin = hasRows ? chunksBegin : zero, end = hasRows ? queryEnd : sequence.keyCount;
  if (leavesState)
    end = b.createOrFold<arith::MaxSIOp>(end, sequence.keyCount);
  LogicalResult result = success();
  b.loop(begin, end, chunk, [&](Value position) {
    beginChunk(position);
    if (!hasRows)
      firstRow = endRow = zero;
    result = loadKeys();
    if (failed(result))
      return;
    loadGates();
    Value isRead = b.less(firstRow, endRow);
    b.branch(isRead, [&] {
      result = loadQueries();
      if (succeeded(result))
        emitPairs(Keys::own);
    });
    Value isNeeded = b.less(zero, keyCount);
    if (!leavesState)
      isNeeded = arith::AndIOp::create(b, isNeeded, b.less(b.add(base, chunk), end));
    b.branch(
        isNeeded,
        [&] {
          b.branch(
              isRead, [&] { readAndUpdate(true, true); }, [&] { readAndUpdate(false, true); });
        },
        [&] { b.branch(isRead, [&] { readAndUpdate(true, false); }); });
    b.branch(isRead, [&] { storeOutputs(); });
  });
  return result;
}

/// Where the chunk of the first query begins.
Value StateTask::firstQueries() {
  Value behind = b.divide(b.createOrFold<arith::MaxSIOp>(sequence.start, b.index(0)), chunk);
  return b.add(chunksBegin, b.mul(behind, chunk));
}

LogicalResult StateTask::emitTile(Value tile) {
  if (failed(copyRegions(b, op, sequence, regions)))
    return failure();
  makeScratch(/*hasState=*/false, /*hasPairs=*/true);
  beginChunks();
  LogicalResult result = success();
  Value position = b.add(firstQueries(), b.mul(tile, chunk));
  b.branch(b.less(position, queryEnd), [&] { result = emitQueriesAt(position, /*readsState=*/false); });
  b.branch(arith::CmpIOp::create(b, arith::CmpIPredicate::eq, tile, b.index(0)), [&] { zeroRowsPast(); });
  return failed(status) ? status : result;
}

LogicalResult StateTask::emitPairsOfAll() {
  beginChunks();
  LogicalResult result = success();
  b.loop(firstQueries(), queryEnd, chunk,
         [&](Value position) { result = emitQueriesAt(position, /*readsState=*/true); });
  return result;
}

/// What a mask of pairs leaves of the keys for the queries of the chunk; none where each key is asked for itself.
SmallVector<KeyRange> StateTask::rangesOfChunk() {
  if (mask.isOfKeys)
    return {};
  Value hasRows = b.less(firstRow, endRow), first = b.add(base, firstRow);
  Value last = b.sub(b.add(base, endRow), b.index(1)), keyCount = b.select(hasRows, sequence.keyCount, b.index(0));
  return emitKeyRanges(b, regions.mask, {n, first, last, keyCount, queryHeadOf(b.index(0)), group}, /*step=*/1);
}

/// Whether a key of the chunk may count for the queries: one is in a range of the mask, and one has not faded to 0.
Value StateTask::isMet(ArrayRef<KeyRange> ranges) {
  Value isMet = arith::ConstantOp::create(b, b.getBoolAttr(ranges.empty()));
  for (const KeyRange &range : ranges) {
    Value first = b.createOrFold<arith::MaxSIOp>(range.begin, base);
    Value end = b.minimum(range.end, b.add(base, keyCount));
    isMet = b.createOrFold<arith::OrIOp>(isMet, b.less(first, end));
  }
  if (!op.getGates())
    return isMet;
  Carried most = b.loop(b.index(0), b.index(paddedChunk), b.lanes, ValueRange(b.splat(0.0)),
                        [&](Value column, ValueRange carried) {
                          return Carried{b.maximum(carried[0], b.loadVector(keyFading, column))};
                        });
  Value hasFaded = b.isEqual(maxLanes(b, most[0]), 0), no = arith::ConstantOp::create(b, b.getBoolAttr(false));
  return b.select(hasFaded, no, isMet);
}

/// Earlier chunks are taken backwards, so that the gates between them and the queries add up on the way: each key fades
/// by those of its chunk behind it, by those of the chunks between, and by those of the queries' chunk. The state fades
/// by all of them.
LogicalResult StateTask::emitQueriesAt(Value position, bool readsState) {
  bool fades = bool(op.getGates());
  beginChunk(position);
  Value nothing = arith::ConstantOp::create(b, b.getF64FloatAttr(0));
  Value no = arith::ConstantOp::create(b, b.getBoolAttr(false));
  if (fades)
    b.store(nothing, carriedGates, b.index(0));
  if (failed(loadKeys()))
    return failure();
  loadGates();
  if (failed(loadQueries()))
    return failure();
  emitPairs(Keys::own);
  // Back to the first chunk in which a key may be met.
  Value before = b.createOrFold<arith::MaxSIOp>(base, b.index(0)), least = b.index(0);
  SmallVector<KeyRange> ranges = rangesOfChunk();
  if (!ranges.empty())
    least = before;
  for (const KeyRange &range : ranges)
    least = b.select(b.less(range.begin, range.end), b.minimum(least, range.begin), least);
  Value chunks = b.sub(b.divide(before, chunk), b.divide(least, chunk));
  LogicalResult result = success();
  // Sums of gates between the chunk and the queries', those that wait for a key that counts, and whether one did.
  Carried between = b.loop(b.index(0), chunks, 1, {nothing, nothing, no}, [&](Value step, ValueRange carried) {
    Value queryBase = rowBase, first = firstRow, end = endRow, total = carried[0], pending, hasCounted = carried[2];
    beginChunk(b.sub(position, b.mul(b.add(step, 1), chunk)));
    rowBase = queryBase, firstRow = first, endRow = end;
    if (areWaiting)
      result = loadKeys();
    if (fades) {
      ChunkGates gates = sumGates(nothing);
      pending = arith::AddFOp::create(b, carried[1], gates.pending);
      total = takePending(gates.counts, total, pending, hasCounted);
      total = arith::AddFOp::create(b, total, gates.sum);
      pending = b.select(gates.counts, nothing, pending);
      hasCounted = arith::OrIOp::create(b, hasCounted, gates.counts);
      fadeKeys(total);
    }
    b.branch(isMet(ranges), [&] {
      if (!areWaiting)
        result = loadKeys();
      if (succeeded(result))
        emitPairs(Keys::earlier);
    });
    return Carried{total, fades ? pending : nothing, hasCounted};
  });
  if (readsState) {
    if (fades) {
      Value yes = arith::ConstantOp::create(b, b.getBoolAttr(true));
      fadeQueries(takePending(yes, between[0], between[1], between[2]));
    }
    readAndUpdate(/*reads=*/true, /*updates=*/false);
  }
  storeOutputs();
  return result;
}

/// Without a causal mask every query meets every key: as a state of all keys, or in pairs beside the state before them.
LogicalResult StateTask::emitKeys() {
  LogicalResult result = success();
  b.loop(b.index(0), sequence.keyCount, chunk, [&](Value position) {
    base = position;
    keyCount = b.minimum(b.sub(sequence.keyCount, base), b.index(chunk));
    result = loadKeys();
    if (succeeded(result))
      readAndUpdate(/*reads=*/false, /*updates=*/true);
  });
  return result;
}

LogicalResult StateTask::emitQueries(bool meetPairs) {
  Value zero = b.index(0), size = b.index(chunk);
  LogicalResult result = success();
  b.loop(zero, sequence.validRows, chunk, [&](Value row) {
    rowBase = row;
    firstRow = zero;
    endRow = b.minimum(b.sub(sequence.validRows, row), size);
    result = loadQueries();
    if (failed(result))
      return;
    fill(outputs, b.f32(0));
    if (isSum)
      fill(pairSums, b.f32(0));
    if (meetPairs)
      b.loop(zero, sequence.keyCount, chunk, [&](Value position) {
        base = position;
        keyCount = b.minimum(b.sub(sequence.keyCount, base), size);
        result = loadKeys();
        if (succeeded(result))
          emitPairs(Keys::earlier);
      });
    readAndUpdate(/*reads=*/true, /*updates=*/false);
    storeOutputs();
  });
  return result;
}
