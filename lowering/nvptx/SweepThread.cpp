//===- SweepThread.cpp - what a thread does with the scores that it holds ---===//

#include "lowering/nvptx/SweepThread.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// State
//===----------------------------------------------------------------------===//

State State::zero(ThreadBuilder &b, int64_t valueWidth) {
  State state;
  state.maximum.assign(2, b.f32(-INFINITY));
  state.sum.assign(2, b.f32(0));
  state.output.assign(valueWidth / 8, Fragment(4, b.f32(0)));
  return state;
}

SmallVector<Value> State::values() const {
  SmallVector<Value> all(maximum.begin(), maximum.end());
  llvm::append_range(all, sum);
  llvm::append_range(all, flatten(output));
  return all;
}

State State::fromValues(ValueRange values) {
  State state;
  state.maximum.assign({values[0], values[1]});
  state.sum.assign({values[2], values[3]});
  state.output = blocksOf(values.drop_front(4));
  return state;
}

void State::rescaleOutput(ThreadBuilder &b, const Fragment &rescale) {
  for (Fragment &block : output)
    for (auto [i, element] : llvm::enumerate(block))
      element = b.mulf(element, rescale[i / 2]);
}

//===----------------------------------------------------------------------===//
// Rows and steps
//===----------------------------------------------------------------------===//

SweepThread::SweepThread(ThreadBuilder &builder, AttentionSweep &sweep, const IRMapping &mapping,
                         const BufferMap &buffers)
    : b(builder), sweep(sweep), mapping(mapping), buffers(buffers),
      element(buffers.lookup(sweep.value.getSource()).element), group(sweep.rows.getGroup()), rows(sweep.rowCount()),
      keys(sweep.step()), keyWidth(sweep.width(sweep.parts[0].query)), valueWidth(sweep.width(sweep.value)) {
  sequence = scalar(sweep.rows.getSequence());
  keyHead = scalar(sweep.rows.getKeyHead());
  firstRow = b.mul(scalar(sweep.rows.getTile()), rows);
  validRows = scalar(sweep.rows.getValid());
  rowCount = scalar(sweep.rows.getCount());
  start = scalar(sweep.rows.getStart());
  keyCount = scalar(sweep.value.getKeyCount());
  findFactor();
  countSteps();
}

RowPlace SweepThread::placeOf(Value rowOfTile) {
  Value y = b.add(firstRow, rowOfTile);
  return {b.divide(y, group), b.add(b.mul(keyHead, group), b.remainder(y, group))};
}

void SweepThread::findRows(const ThreadCoordinates &at) {
  for (int64_t row = 0; row < 2; ++row) {
    ownRows[row] = placeOf(b.add(at.row, 8 * row));
    positions[row] = b.add(start, ownRows[row].inSequence);
  }
  column = at.column;
}

void SweepThread::findFactor() {
  Value given = sweep.parts[0].dot.getScale();
  if (!sweep.isExp()) {
    factor = b.f32(1);
    if (given)
      scale = mapping.lookup(given);
    return;
  }
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

void SweepThread::countSteps() {
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

Step SweepThread::step(Value number) {
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

/// Sequences are a dimension of their own, or packed end to end.
Value SweepThread::rowOffset(const GlobalBuffer &buffer, Value origin, Value row, Value head, bool hasWidth) {
  ArrayRef<Value> strides = ArrayRef(buffer.strides).drop_back(hasWidth ? 1 : 0);
  origin = b.toI64(mapping.lookup(origin)), row = b.toI64(row), head = b.toI64(head);
  Value offset = b.mul(head, strides.back());
  if (strides.size() == 2)
    offset = b.add(offset, b.mul(b.add(origin, row), strides[0]));
  else
    offset = b.add(offset, b.add(b.mul(origin, strides[0]), b.mul(row, strides[1])));
  return b.mul(offset, buffer.elementBytes());
}

void SweepThread::copyQueries(const ThreadCoordinates &at, const SharedTile &tile, Value shared) {
  tile::ViewOp view = sweep.parts[0].query;
  TileSource source = TileSource::emit(b, buffer(view));
  copyTile(b, at, source, tile, shared, [&](Value rowOfTile) -> SourceRow {
    RowPlace row = placeOf(rowOfTile);
    Value offset = rowOffset(source.buffer, view.getOrigin(), row.inSequence, row.head, /*hasWidth=*/true);
    return {b.at(source.buffer.data, offset), b.less(row.inSequence, validRows)};
  });
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

/// The scale where it stands by itself, and the score region, of every element.
LogicalResult SweepThread::changeScores(SmallVector<Fragment> &scores, const Step &step) {
  Value first = b.add(step.key, column);
  for (auto [block, fragment] : llvm::enumerate(scores)) {
    for (auto [i, value] : llvm::enumerate(fragment)) {
      if (scale)
        value = b.mulf(value, scale);
      if (!sweep.score)
        continue;
      Value key = b.add(first, 8 * block + i % 2);
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

LogicalResult SweepThread::maskScores(SmallVector<Fragment> &scores, const Step &step) {
  Value first = b.add(step.key, column);
  for (auto [block, fragment] : llvm::enumerate(scores)) {
    for (auto [i, value] : llvm::enumerate(fragment)) {
      Value key = b.add(first, 8 * block + i % 2);
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

LogicalResult SweepThread::finishScores(SmallVector<Fragment> &scores, const Step &step) {
  if (failed(changeScores(scores, step)))
    return failure();
  SmallVector<Value> whole = flatten(scores);
  auto masked = scf::IfOp::create(b, TypeRange(ValueRange(whole)), step.isPartial, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(masked.elseBlock());
  scf::YieldOp::create(b, whole);
  b.setInsertionPointToStart(masked.thenBlock());
  if (failed(maskScores(scores, step)))
    return failure();
  scf::YieldOp::create(b, flatten(scores));
  scores = blocksOf(masked.getResults());
  return success();
}

Value SweepThread::normalizeRow(SmallVector<Fragment> &scores, State &state, int64_t row) {
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

/// Linear weights are the scores, 0 where they are −∞; nothing is rescaled.
Value SweepThread::sumRow(SmallVector<Fragment> &scores, State &state, int64_t row) {
  Value sum = state.sum[row];
  for (Fragment &fragment : scores) {
    for (int64_t i = 2 * row; i < 2 * row + 2; ++i) {
      fragment[i] = b.select(b.isEqual(fragment[i], -INFINITY), b.f32(0), fragment[i]);
      sum = b.addf(sum, fragment[i]);
    }
  }
  state.sum[row] = sum;
  return b.f32(1);
}

LogicalResult SweepThread::multiplyWeights(SmallVector<Fragment> &weights, const Step &step) {
  Value first = b.add(step.key, column);
  for (auto [block, fragment] : llvm::enumerate(weights)) {
    for (auto [i, value] : llvm::enumerate(fragment)) {
      Value key = b.add(first, 8 * block + i % 2);
      FailureOr<Value> product = inlineScalars(b, sweep.factor.getBody().front(),
                                               {value, sequence, ownRows[i / 2].head, positions[i / 2], key},
                                               sweep.factor.getCaptures(), mapping, buffers);
      if (failed(product))
        return failure();
      // It is speculated, and may be no number where no pair is.
      Value isNone = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, value, b.f32(0));
      value = arith::SelectOp::create(b, isNone, b.f32(0), *product);
    }
  }
  return success();
}

FailureOr<Fragment> SweepThread::normalize(SmallVector<Fragment> &scores, State &state, const Step &step) {
  Fragment rescale;
  for (int64_t row = 0; row < 2; ++row)
    rescale.push_back(sweep.isExp() ? normalizeRow(scores, state, row) : sumRow(scores, state, row));
  if (sweep.factor && failed(multiplyWeights(scores, step)))
    return failure();
  return rescale;
}

Fragment SweepThread::packWeights(const SmallVector<Fragment> &weights, int64_t k) {
  const Fragment &left = weights[2 * k], &right = weights[2 * k + 1];
  return {b.pack(left[0], left[1], element), b.pack(left[2], left[3], element), b.pack(right[0], right[1], element),
          b.pack(right[2], right[3], element)};
}

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

/// This lane's elements of one row: pairs where the buffer's rows allow it, else one by one.
void SweepThread::storeRow(const State &state, int64_t row, Value inverse, Value isLive) {
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
    Value lanePlace = b.at(place, b.mul(column, bytes));
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
      Value elementColumn = b.toI64(b.add(column, columnOf(i)));
      b.store(narrow, b.at(place, b.mul(b.mul(elementColumn, stride), bytes)), bytes);
    }
  };
  Value address = LLVM::PtrToIntOp::create(b, b.getI64Type(), place);
  Value isPair = b.both(b.isZero(b.both(address, b.i64(3))), b.isZero(b.add(stride, -1)));
  b.branch(isPair, storePairs, storeElements);
}

FailureOr<SweepThread::RowEnd> SweepThread::finishRow(const State &state, int64_t row) {
  RowEnd end{b.mulf(state.maximum[row], factor),
             b.overRow(state.sum[row], [&](Value x, Value y) { return b.addf(x, y); }), b.f32(1)};
  if (sweep.finish.getNormalizer() == Normalizer::none)
    end.sum = end.kept;
  if (std::optional<APFloat> epsilon = sweep.finish.getEpsilon())
    end.sum = b.addf(end.sum, b.f32(epsilon->convertToFloat()));
  if (!sweep.sink)
    return end;
  FailureOr<Value> logit =
      inlineScalars(b, sweep.sink.getBody().front(), {sequence, ownRows[row].head, positions[row], b.i32(0)},
                    sweep.sink.getCaptures(), mapping, buffers);
  if (failed(logit))
    return failure();
  Value sink = b.mulf(*logit, b.f32(M_LOG2E)), joint = b.maxf(end.maximum, sink);
  Value subtrahend = arith::NegFOp::create(b, b.select(b.isEqual(joint, -INFINITY), b.f32(0), joint));
  Value kept = b.exp2(b.addf(end.maximum, subtrahend));
  return RowEnd{joint, b.fma(end.sum, kept, b.exp2(b.addf(sink, subtrahend))), kept};
}

LogicalResult SweepThread::finish(State state) {
  for (int64_t row = 0; row < 2; ++row) {
    FailureOr<RowEnd> end = finishRow(state, row);
    if (failed(end))
      return failure();
    Value sum = end->sum, isEmpty = b.isEqual(sum, 0);
    Value inverse = b.select(isEmpty, b.f32(0), arith::DivFOp::create(b, end->kept, sum));
    Value isLive = b.select(isEmpty, b.i1(false), b.less(ownRows[row].inSequence, validRows));
    b.branch(b.less(ownRows[row].inSequence, rowCount), [&] {
      storeRow(state, row, inverse, isLive);
      if (!sweep.logSumExp)
        return;
      const GlobalBuffer &buffer = buffers.find(sweep.logSumExp.getDestination())->second;
      Value value = b.mulf(b.addf(end->maximum, b.log2(sum)), b.f32(M_LN2));
      value = b.select(isLive, value, b.f32(-INFINITY));
      Value offset = rowOffset(buffer, sweep.logSumExp.getOrigin(), ownRows[row].inSequence, ownRows[row].head,
                               /*hasWidth=*/false);
      b.branch(b.isZero(column), [&] { b.store(value, b.at(buffer.data, offset), 4); });
    });
  }
  return success();
}
