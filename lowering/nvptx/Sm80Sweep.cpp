//===- Sm80Sweep.cpp - a forward sweep as fragments of mma.sync ---===//
//
// A block is one task; a warp has 16 of its rows, and all of what belongs to them in registers: scores, running maximum
// and sum, the accumulator. K and V are in shared memory, twice.
//
//   Q, K₀, V₀ → shared
//   for t < steps:
//     wait for step t;  barrier                  all warps are done with step t − 1, whose place is free
//     K, V of step t + 1 → the other place       while this step is computed
//     S = Q · Kᵀ;  score region;  in partial steps: mask
//     m' = max(m, S);  P = 2^(S·c − m'·c);  l, O rescaled;  l += P;  O += P · V
//
// The ranges of the sweep are one loop over steps: a step finds its range by comparing its number, so that copies run
// on from one range to the next and the body exists once. Only the mask is under a branch, which all threads of a block
// take alike. c is log₂e, times the scale of the scores where no region comes between.
//
// −∞: where m' is −∞ no key was admitted yet, and 0 is subtracted instead; −∞ − −∞, which is NaN, never occurs.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/Sm80Sweep.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;
using namespace attn;

namespace {

/// A step of the loop: its first key, the end of the keys that its range admits, whether it is partial.
struct Step {
  Value key, end, isPartial;
};

/// What a thread carries from step to step. Pairs are its two rows.
struct State {
  Fragment maximum, sum;
  SmallVector<Fragment> output;

  SmallVector<Value> values() const;
  static State fromValues(ValueRange values);
};

class SweepKernel {
public:
  SweepKernel(ThreadBuilder &builder, AttentionSweep &sweep, const IRMapping &mapping, const BufferMap &buffers,
              Value shared)
      : b(builder), sweep(sweep), mapping(mapping), buffers(buffers), shared(shared),
        element(buffers.lookup(sweep.value.getSource()).element), group(sweep.rows.getGroup()), rows(sweep.rowCount()),
        keys(sweep.step()), keyWidth(sweep.width(sweep.parts[0].query)), valueWidth(sweep.width(sweep.value)),
        at(ThreadCoordinates::emit(builder, rows / ThreadCoordinates::warpRows * 32)), products(builder, at, element) {}

  FailureOr<Sm80Launch> emit();

private:
  void placeTiles();
  void findRows();
  void findFactor();
  void countSteps();
  Step step(Value number);

  Value scalar(Value kernelValue) { return b.toI32(mapping.lookup(kernelValue)); }
  struct RowPlace {
    Value inSequence, head;
  };
  RowPlace placeOf(Value rowOfTile);
  Value rowOffset(const GlobalBuffer &buffer, Value origin, Value row, Value head, bool hasWidth);
  void copyQueries();
  void copyKeys(tile::ViewOp view, const TileSource &source, const SharedTile &tile, Value firstKey, Value place);
  void copyStep(const Step &step, Value place);

  FailureOr<State> emitStep(Value number, const State &state);
  SmallVector<Fragment> scores(Value place);
  LogicalResult changeScores(SmallVector<Fragment> &scores, const Step &step);
  LogicalResult maskScores(SmallVector<Fragment> &scores, const Step &step);
  Value normalize(SmallVector<Fragment> &scores, State &state, int64_t row);
  void addValues(const SmallVector<Fragment> &weights, State &state, Value place);

  void finish(State state);
  void storeRow(const State &state, int64_t row, Value inverse, Value isLive);

  ThreadBuilder &b;
  AttentionSweep &sweep;
  const IRMapping &mapping;
  const BufferMap &buffers;
  Value shared;
  Type element;
  const int64_t group, rows, keys, keyWidth, valueWidth;
  ThreadCoordinates at;
  WarpProducts products;

  SharedTile queryTile, keyTile, valueTile;
  int64_t stageBytes;
  TileSource querySource, keySource, valueSource;
  Value sequence, keyHead, firstRow, validRows, rowCount, start, keyCount;
  // Of this thread's two rows: row in the sequence, and what regions see, query head and position.
  RowPlace ownRows[2];
  Value positions[2];
  // Of exponentials: factor of scores and maximum; and of scores, where a region or a sign forbids to fold it.
  Value factor, scale;
  SmallVector<Value> begins, ends, firstSteps; // of ranges
  Value stepCount;
  SmallVector<Fragment> queries; // where they fit into registers
};

} // namespace

SmallVector<Value> State::values() const {
  SmallVector<Value> all(maximum.begin(), maximum.end());
  llvm::append_range(all, sum);
  for (const Fragment &block : output)
    llvm::append_range(all, block);
  return all;
}

State State::fromValues(ValueRange values) {
  State state;
  state.maximum.assign({values[0], values[1]});
  state.sum.assign({values[2], values[3]});
  for (size_t i = 4; i < values.size(); i += 4)
    state.output.push_back({values[i], values[i + 1], values[i + 2], values[i + 3]});
  return state;
}

//===----------------------------------------------------------------------===//
// Before the loop
//===----------------------------------------------------------------------===//

void SweepKernel::placeTiles() {
  queryTile = {0, rows, keyWidth};
  // Both places of K and V have the same layout, `stageBytes` apart.
  keyTile = {queryTile.end(), keys, keyWidth};
  valueTile = {keyTile.end(), keys, valueWidth};
  stageBytes = valueTile.end() - keyTile.offset;
  querySource = TileSource::emit(b, buffers.lookup(sweep.parts[0].query.getSource()));
  keySource = TileSource::emit(b, buffers.lookup(sweep.parts[0].key.getSource()));
  valueSource = TileSource::emit(b, buffers.lookup(sweep.value.getSource()));
}

SweepKernel::RowPlace SweepKernel::placeOf(Value rowOfTile) {
  Value y = b.add(firstRow, rowOfTile);
  return {b.divide(y, group), b.add(b.mul(keyHead, group), b.remainder(y, group))};
}

void SweepKernel::findRows() {
  sequence = scalar(sweep.rows.getSequence());
  keyHead = scalar(sweep.rows.getKeyHead());
  firstRow = b.mul(scalar(sweep.rows.getTile()), rows);
  validRows = scalar(sweep.rows.getValid());
  rowCount = scalar(sweep.rows.getCount());
  start = scalar(sweep.rows.getStart());
  keyCount = scalar(sweep.value.getKeyCount());
  for (int64_t row = 0; row < 2; ++row) {
    ownRows[row] = placeOf(b.add(at.row, 8 * row));
    positions[row] = b.add(start, ownRows[row].inSequence);
  }
}

void SweepKernel::findFactor() {
  Value given = sweep.parts[0].scale;
  FloatAttr known;
  bool isPositive = !given || (matchPattern(given, m_Constant(&known)) && known.getValueAsDouble() > 0);
  if (!sweep.score && isPositive) {
    factor = given ? b.mulf(mapping.lookup(given), b.f32(M_LOG2E)) : b.f32(M_LOG2E);
    return;
  }
  factor = b.f32(M_LOG2E);
  if (given)
    scale = mapping.lookup(given);
}

void SweepKernel::countSteps() {
  stepCount = b.i32(0);
  ValueRange bounds = sweep.sweep.getBounds();
  for (size_t range = 0; range < bounds.size() / 2; ++range) {
    Value begin = scalar(bounds[2 * range]), end = scalar(bounds[2 * range + 1]);
    begins.push_back(begin);
    ends.push_back(b.min(end, keyCount));
    firstSteps.push_back(stepCount);
    Value length = b.max(b.sub(end, begin), b.i32(0));
    stepCount = b.add(stepCount, b.divide(b.add(length, keys - 1), keys));
  }
}

Step SweepKernel::step(Value number) {
  auto kinds = sweep.sweep.getKinds().getAsValueRange<StringAttr>();
  Step found;
  for (auto [range, kind] : llvm::enumerate(kinds)) {
    Value key = b.add(begins[range], b.mul(b.sub(number, firstSteps[range]), keys)), end = ends[range];
    Value isPartial = b.i1(kind == "partial");
    if (range == 0) {
      found = {key, end, isPartial};
      continue;
    }
    Value isBefore = b.less(number, firstSteps[range]);
    found = {b.select(isBefore, found.key, key), b.select(isBefore, found.end, end),
             b.select(isBefore, found.isPartial, isPartial)};
  }
  return found;
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

/// In bytes. Sequences are a dimension of their own, or packed end to end.
Value SweepKernel::rowOffset(const GlobalBuffer &buffer, Value origin, Value row, Value head, bool hasWidth) {
  ArrayRef<Value> strides = ArrayRef(buffer.strides).drop_back(hasWidth ? 1 : 0);
  origin = b.toI64(mapping.lookup(origin)), row = b.toI64(row), head = b.toI64(head);
  Value offset = b.mul(head, strides.back());
  if (strides.size() == 2)
    offset = b.add(offset, b.mul(b.add(origin, row), strides[0]));
  else
    offset = b.add(offset, b.add(b.mul(origin, strides[0]), b.mul(row, strides[1])));
  return b.mul(offset, buffer.elementBytes());
}

void SweepKernel::copyQueries() {
  tile::ViewOp view = sweep.parts[0].query;
  copyTile(b, at, querySource, queryTile, shared, [&](Value rowOfTile) -> SourceRow {
    RowPlace row = placeOf(rowOfTile);
    Value offset = rowOffset(querySource.buffer, view.getOrigin(), row.inSequence, row.head, /*hasWidth=*/true);
    return {b.at(querySource.buffer.data, offset), b.less(row.inSequence, validRows)};
  });
}

void SweepKernel::copyKeys(tile::ViewOp view, const TileSource &source, const SharedTile &tile, Value firstKey,
                           Value place) {
  copyTile(b, at, source, tile, place, [&](Value rowOfTile) -> SourceRow {
    Value key = b.add(firstKey, rowOfTile);
    Value offset = rowOffset(source.buffer, view.getOrigin(), key, keyHead, /*hasWidth=*/true);
    return {b.at(source.buffer.data, offset), b.less(key, keyCount)};
  });
}

void SweepKernel::copyStep(const Step &step, Value place) {
  copyKeys(sweep.parts[0].key, keySource, keyTile, step.key, place);
  copyKeys(sweep.value, valueSource, valueTile, step.key, place);
}

//===----------------------------------------------------------------------===//
// A step
//===----------------------------------------------------------------------===//

SmallVector<Fragment> SweepKernel::scores(Value place) {
  SmallVector<Fragment> result(keys / 8, Fragment(4, b.f32(0)));
  Value rowsBase = products.rowsBase(queryTile, shared), keysBase = products.transposedBase(keyTile, place);
  for (int64_t k = 0; k < keyWidth / 16; ++k) {
    Fragment query = queries.empty() ? products.loadRows(rowsBase, k) : queries[k];
    for (int64_t n = 0; n < keys / 16; ++n) {
      Fragment pair = products.loadTransposed(keyTile, keysBase, n, k);
      products.accumulate(result[2 * n], query, ValueRange(pair).take_front(2));
      products.accumulate(result[2 * n + 1], query, ValueRange(pair).drop_front(2));
    }
  }
  return result;
}

/// The scale where it stands by itself, and the score region, of every element.
LogicalResult SweepKernel::changeScores(SmallVector<Fragment> &scores, const Step &step) {
  Value column = b.add(step.key, at.column);
  for (auto [block, fragment] : llvm::enumerate(scores)) {
    for (auto [i, value] : llvm::enumerate(fragment)) {
      if (scale)
        value = b.mulf(value, scale);
      if (!sweep.score)
        continue;
      Value key = b.add(column, 8 * block + i % 2);
      FailureOr<Value> changed =
          inlineScalars(b, sweep.score.getBody().front(), {value, sequence, ownRows[i / 2].head, positions[i / 2], key},
                        sweep.score.getCaptures(), mapping, buffers);
      if (failed(changed))
        return failure();
      value = *changed;
    }
  }
  return success();
}

LogicalResult SweepKernel::maskScores(SmallVector<Fragment> &scores, const Step &step) {
  Value column = b.add(step.key, at.column);
  for (auto [block, fragment] : llvm::enumerate(scores)) {
    for (auto [i, value] : llvm::enumerate(fragment)) {
      Value key = b.add(column, 8 * block + i % 2);
      Value admitted = b.less(key, step.end);
      if (sweep.hasMaskRegion()) {
        FailureOr<Value> admits =
            inlineScalars(b, sweep.mask.getBody().front(), {sequence, ownRows[i / 2].head, positions[i / 2], key},
                          sweep.mask.getCaptures(), mapping, buffers);
        if (failed(admits))
          return failure();
        admitted = b.both(admitted, *admits);
      }
      value = b.select(admitted, value, b.f32(-INFINITY));
    }
  }
  return success();
}

/// Scores of one row become weights; maximum and sum go on, the sum of this lane's columns only. Returns the rescale.
Value SweepKernel::normalize(SmallVector<Fragment> &scores, State &state, int64_t row) {
  Value maximum = scores[0][2 * row];
  for (auto [block, fragment] : llvm::enumerate(scores))
    for (int64_t i = block == 0 ? 1 : 0; i < 2; ++i)
      maximum = b.maxf(maximum, fragment[2 * row + i]);
  maximum = b.overRow(maximum, [&](Value x, Value y) { return b.maxf(x, y); });
  maximum = b.maxf(maximum, state.maximum[row]);
  Value negated = arith::NegFOp::create(b, b.mulf(maximum, factor));
  Value subtrahend = b.select(b.isEqual(maximum, -INFINITY), b.f32(0), negated);
  Value rescale = b.exp2(b.fma(state.maximum[row], factor, subtrahend));
  Value sum = b.mulf(state.sum[row], rescale);
  for (Fragment &fragment : scores) {
    for (int64_t i = 2 * row; i < 2 * row + 2; ++i) {
      fragment[i] = b.exp2(b.fma(fragment[i], factor, subtrahend));
      sum = b.addf(sum, fragment[i]);
    }
  }
  state.maximum[row] = maximum;
  state.sum[row] = sum;
  return rescale;
}

/// O += P · V. Two blocks of scores are one A fragment.
void SweepKernel::addValues(const SmallVector<Fragment> &weights, State &state, Value place) {
  Value valuesBase = products.plainBase(valueTile, place);
  for (int64_t k = 0; k < keys / 16; ++k) {
    const Fragment &left = weights[2 * k], &right = weights[2 * k + 1];
    Fragment packed{b.pack(left[0], left[1], element), b.pack(left[2], left[3], element),
                    b.pack(right[0], right[1], element), b.pack(right[2], right[3], element)};
    for (int64_t n = 0; n < valueWidth / 16; ++n) {
      Fragment pair = products.loadPlain(valueTile, valuesBase, n, k);
      products.accumulate(state.output[2 * n], packed, ValueRange(pair).take_front(2));
      products.accumulate(state.output[2 * n + 1], packed, ValueRange(pair).drop_front(2));
    }
  }
}

FailureOr<State> SweepKernel::emitStep(Value number, const State &before) {
  State state = before;
  Value place = b.at(shared, b.mul(b.remainder(number, 2), stageBytes));
  Value nextNumber = b.add(number, 1), nextPlace = b.at(shared, b.mul(b.remainder(nextNumber, 2), stageBytes));
  NVVM::CpAsyncWaitGroupOp::create(b, 0u);
  NVVM::Barrier0Op::create(b);
  b.branch(b.less(nextNumber, stepCount), [&] { copyStep(step(nextNumber), nextPlace); });
  NVVM::CpAsyncCommitGroupOp::create(b);

  Step current = step(number);
  SmallVector<Fragment> weights = scores(place);
  if (failed(changeScores(weights, current)))
    return failure();
  SmallVector<Value> whole;
  for (const Fragment &fragment : weights)
    llvm::append_range(whole, fragment);
  auto masked = scf::IfOp::create(b, TypeRange(ValueRange(whole)), current.isPartial, /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(masked.elseBlock());
    scf::YieldOp::create(b, whole);
    b.setInsertionPointToStart(masked.thenBlock());
    if (failed(maskScores(weights, current)))
      return failure();
    whole.clear();
    for (const Fragment &fragment : weights)
      llvm::append_range(whole, fragment);
    scf::YieldOp::create(b, whole);
  }
  for (auto [index, value] : llvm::enumerate(masked.getResults()))
    weights[index / 4][index % 4] = value;

  for (int64_t row = 0; row < 2; ++row) {
    Value rescale = normalize(weights, state, row);
    for (Fragment &block : state.output)
      for (int64_t i = 2 * row; i < 2 * row + 2; ++i)
        block[i] = b.mulf(block[i], rescale);
  }
  addValues(weights, state, place);
  return state;
}

//===----------------------------------------------------------------------===//
// After the loop
//===----------------------------------------------------------------------===//

/// This lane's elements of one row: pairs where the buffer's rows allow it, else one by one.
void SweepKernel::storeRow(const State &state, int64_t row, Value inverse, Value isLive) {
  const GlobalBuffer &buffer = buffers.find(sweep.output.getDestination())->second;
  Value offset = rowOffset(buffer, sweep.output.getOrigin(), ownRows[row].inSequence, ownRows[row].head,
                           /*hasWidth=*/true);
  Value place = b.at(buffer.data, offset), stride = buffer.strides.back();
  int64_t bytes = buffer.elementBytes();
  SmallVector<Value> values;
  for (const Fragment &block : state.output)
    for (int64_t i = 2 * row; i < 2 * row + 2; ++i)
      values.push_back(b.select(isLive, b.mulf(block[i], inverse), b.f32(0)));
  auto columnOf = [&](int64_t index) { return index / 2 * 8 + index % 2; };
  auto storePairs = [&] {
    Value lanePlace = b.at(place, b.mul(at.column, bytes));
    for (int64_t i = 0; i < int64_t(values.size()); i += 2) {
      if (bytes == 2) {
        b.store(b.pack(values[i], values[i + 1], buffer.element), b.at(lanePlace, columnOf(i) * bytes), 4);
        continue;
      }
      b.store(values[i], b.at(lanePlace, columnOf(i) * bytes), 4);
      b.store(values[i + 1], b.at(lanePlace, columnOf(i + 1) * bytes), 4);
    }
  };
  auto storeElements = [&] {
    for (auto [i, value] : llvm::enumerate(values)) {
      Value narrow = bytes == 4 ? value : LLVM::FPTruncOp::create(b, buffer.element, value).getResult();
      Value column = b.toI64(b.add(at.column, columnOf(i)));
      b.store(narrow, b.at(place, b.mul(b.mul(column, stride), bytes)), bytes);
    }
  };
  Value address = LLVM::PtrToIntOp::create(b, b.getI64Type(), place);
  Value isPair = b.both(b.isZero(b.both(address, b.i64(3))), b.isZero(b.add(stride, -1)));
  b.branch(isPair, storePairs, storeElements);
}

void SweepKernel::finish(State state) {
  for (int64_t row = 0; row < 2; ++row) {
    Value sum = b.overRow(state.sum[row], [&](Value x, Value y) { return b.addf(x, y); });
    Value isEmpty = b.isEqual(sum, 0);
    Value inverse = b.select(isEmpty, b.f32(0), arith::DivFOp::create(b, b.f32(1), sum));
    Value isLive = b.select(isEmpty, b.i1(false), b.less(ownRows[row].inSequence, validRows));
    b.branch(b.less(ownRows[row].inSequence, rowCount), [&] {
      storeRow(state, row, inverse, isLive);
      if (!sweep.logSumExp)
        return;
      const GlobalBuffer &buffer = buffers.find(sweep.logSumExp.getDestination())->second;
      Value maximum = b.mulf(state.maximum[row], b.mulf(factor, b.f32(M_LN2)));
      Value value = b.addf(maximum, b.mulf(b.log2(sum), b.f32(M_LN2)));
      value = b.select(isLive, value, b.f32(-INFINITY));
      Value offset = rowOffset(buffer, sweep.logSumExp.getOrigin(), ownRows[row].inSequence, ownRows[row].head,
                               /*hasWidth=*/false);
      b.branch(b.isZero(at.column), [&] { b.store(value, b.at(buffer.data, offset), 4); });
    });
  }
}

FailureOr<Sm80Launch> SweepKernel::emit() {
  placeTiles();
  findRows();
  findFactor();
  countSteps();
  copyQueries();
  b.branch(b.less(b.i32(0), stepCount), [&] { copyStep(step(b.i32(0)), shared); });
  NVVM::CpAsyncCommitGroupOp::create(b);
  // Up to 64 features the queries take 16 registers, and are read once.
  if (keyWidth <= 64) {
    NVVM::CpAsyncWaitGroupOp::create(b, 0u);
    NVVM::Barrier0Op::create(b);
    Value rowsBase = products.rowsBase(queryTile, shared);
    for (int64_t k = 0; k < keyWidth / 16; ++k)
      queries.push_back(products.loadRows(rowsBase, k));
  }
  State state;
  state.maximum.assign(2, b.f32(-INFINITY));
  state.sum.assign(2, b.f32(0));
  state.output.assign(valueWidth / 8, Fragment(4, b.f32(0)));
  auto loop = scf::ForOp::create(b, b.i32(0), stepCount, b.i32(1), state.values());
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    FailureOr<State> next = emitStep(loop.getInductionVar(), State::fromValues(loop.getRegionIterArgs()));
    if (failed(next))
      return failure();
    scf::YieldOp::create(b, next->values());
  }
  NVVM::CpAsyncWaitGroupOp::create(b, 0u);
  finish(State::fromValues(loop.getResults()));
  return Sm80Launch{at.threads, valueTile.end() + stageBytes};
}

FailureOr<Sm80Launch> attn::emitSm80Sweep(ThreadBuilder &builder, AttentionSweep &sweep, const IRMapping &mapping,
                                          const BufferMap &buffers, Value shared) {
  return SweepKernel(builder, sweep, mapping, buffers, shared).emit();
}
