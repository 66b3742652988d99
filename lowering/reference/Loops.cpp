//===- Loops.cpp - one row of attention in plain loops ---===//
//
//   m = max over admitted j of s(j)                    (exp only; with a sink at least the sink)
//   for admitted j:  w = exp: e^(s(j) − m) | linear: s(j)^power
//                    l += w,   acc[e] += factor(j) · w · v[j, e]
//   (gates: w is times e^(gates of j+1..i), and keys run backwards to add them up; an initial state: its part is added)
//   o[e] = epilogue(acc[e] / (sum: l + ε | none: 1)),  0 where that divisor is 0
//   lse = m + log l
//
// A row that does not exist has no keys, so that the same code gives it output 0 and log-sum-exp −∞. Scores are
// computed twice rather than kept: nothing of the size of a row of keys exists.
//
//===----------------------------------------------------------------------===//

#include "lowering/reference/RowLoops.h"

#include "passes/PairRegions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

#include <limits>

using namespace mlir;
using namespace attn;
using namespace attn::reference;

Value RowLoops::index(int64_t value) { return arith::ConstantIndexOp::create(b, value); }
Value RowLoops::f32(double value) { return arith::ConstantOp::create(b, b.getF32FloatAttr(static_cast<float>(value))); }
Value RowLoops::minusInfinity() { return f32(-std::numeric_limits<float>::infinity()); }
Value RowLoops::toI32(Value value) { return arith::IndexCastOp::create(b, b.getI32Type(), value); }

//===----------------------------------------------------------------------===//
// Loops and elements
//===----------------------------------------------------------------------===//

Value RowLoops::loop(Value end, Value initial, llvm::function_ref<Value(Value, Value)> body) {
  auto loop = scf::ForOp::create(b, index(0), end, index(1), ValueRange(initial));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value next = body(loop.getInductionVar(), loop.getRegionIterArg(0));
  scf::YieldOp::create(b, next);
  return loop.getResult(0);
}

void RowLoops::loop(Value begin, Value end, llvm::function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(b, begin, end, index(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

Value RowLoops::headOf(int64_t dataHeads) {
  int64_t heads = dataShape(op.getQueries().front().getType()).drop_back().back();
  return dataHeads == heads ? h : Value(arith::DivUIOp::create(b, h, index(heads / dataHeads)));
}

Value RowLoops::element(Value data, Value firstRow, Value position, Value feature) {
  ArrayRef<int64_t> shape = dataShape(data.getType());
  Value head = headOf(shape[shape.size() - 2]);
  SmallVector<Value, 4> at;
  if (shape.size() == 4)
    at = {n, position, head, feature};
  else
    at = {arith::AddIOp::create(b, firstRow, position), head, feature};
  return extendToF32(b, memref::LoadOp::create(b, data, at));
}

Value RowLoops::feature(Value data, Value firstRow, Value position, Value feature) {
  Value x = element(data, firstRow, position, feature);
  return op.getFeatures().empty() ? x : regions.inlined(op.getFeatures(), x);
}

void RowLoops::store(Value destination, Value value, ValueRange trailing) {
  Type type = dataElementType(destination.getType());
  if (!type.isF32())
    value = arith::TruncFOp::create(b, type, value);
  bool isPacked = dataShape(destination.getType()).size() == 2 + trailing.size();
  SmallVector<Value, 4> at;
  if (!isPacked)
    at.push_back(n);
  at.append({row, h});
  at.append(trailing.begin(), trailing.end());
  memref::StoreOp::create(b, value, destination, at);
}

//===----------------------------------------------------------------------===//
// Scores and weights
//===----------------------------------------------------------------------===//

/// score(scale · Σ_p q_p · k_p), or score(Σ_f pair(q_f, k_f)); features are applied to q and k first.
Value RowLoops::score(Value key) {
  Value rowInSequence = arith::SubIOp::create(b, row, sequence.firstRow);
  Value sum = f32(0);
  for (auto [queries, keys] : llvm::zip_equal(op.getQueries(), op.getKeys())) {
    Value q = queries, k = keys;
    sum = loop(index(dataShape(q.getType()).back()), sum, [&](Value feature, Value carried) -> Value {
      Value left = this->feature(q, sequence.firstRow, rowInSequence, feature);
      Value right = this->feature(k, sequence.firstKey, key, feature);
      Value term = op.getPair().empty() ? Value(arith::MulFOp::create(b, left, right))
                                        : regions.inlined(op.getPair(), {left, right, toI32(feature)});
      return arith::AddFOp::create(b, carried, term);
    });
  }
  Value scaled = arith::MulFOp::create(b, sum, op.getScale());
  return op.getScore().empty() ? scaled : regions.inlined(op.getScore(), {scaled, n32, h32, i32, toI32(key)});
}

Value RowLoops::whereAdmitted(Value key, Value carried, llvm::function_ref<Value()> body) {
  if (op.getMask().empty())
    return body();
  Value admitted = regions.inlined(op.getMask(), {n32, h32, i32, toI32(key)});
  auto branch = scf::IfOp::create(b, TypeRange(carried.getType()), admitted, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  Value then = body();
  scf::YieldOp::create(b, then);
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, carried);
  return branch.getResult(0);
}

/// Of scores, or of their sizes where weights are powers.
Value RowLoops::findMaximum() {
  Value initial = isExp() ? minusInfinity() : f32(0);
  if (Value sink = op.getSink()) {
    Value logit = extendToF32(b, memref::LoadOp::create(b, sink, h));
    initial = arith::SelectOp::create(b, exists, logit, initial);
  }
  return loop(sequence.keyCount, initial, [&](Value key, Value maximum) {
    return whereAdmitted(key, maximum, [&]() -> Value {
      Value s = score(key);
      return arith::MaximumFOp::create(b, maximum, isExp() ? s : Value(math::AbsFOp::create(b, s)));
    });
  });
}

/// e^(s − m), where a maximum of −∞ is read as 0, so that scores of −∞ weigh nothing; or s^power, or (s / m)^power.
Value RowLoops::weight(Value score, Value maximum) {
  if (isExp()) {
    Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, maximum, minusInfinity());
    Value subtrahend = arith::SelectOp::create(b, none, f32(0), maximum);
    return math::ExpOp::create(b, arith::SubFOp::create(b, score, subtrahend));
  }
  if (isRelative()) {
    Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, maximum, f32(0));
    score = arith::DivFOp::create(b, score, arith::SelectOp::create(b, none, f32(1), maximum));
  }
  return buildPower(b, score, op.getPower().value_or(1));
}

Value RowLoops::withSink(Value maximum) {
  if (!op.getSink())
    return f32(0);
  Value logit = extendToF32(b, memref::LoadOp::create(b, op.getSink(), h));
  return arith::SelectOp::create(b, exists, weight(logit, maximum), f32(0));
}

/// Gates add up from the query back to the keys.
Value RowLoops::overKeys(Value maximum, Value initial, llvm::function_ref<Value(Value, Value, Value)> code) {
  bool fades = bool(op.getGates());
  if (fades)
    beginFading();
  return loop(sequence.keyCount, initial, [&](Value step, Value carried) {
    Value key = step;
    if (fades) {
      key = arith::SubIOp::create(b, arith::SubIOp::create(b, sequence.keyCount, index(1)), step);
      dropCommonFading(carried);
    }
    Value next = whereAdmitted(key, carried, [&]() -> Value {
      Value w = weight(score(key), maximum);
      return code(key, fades ? Value(arith::MulFOp::create(b, w, fading())) : w, carried);
    });
    if (fades)
      fadeBy(key);
    return next;
  });
}

Value RowLoops::timesFactor(Value weight, Value key) {
  if (op.getFactor().empty())
    return weight;
  return arith::MulFOp::create(b, weight, regions.inlined(op.getFactor(), {n32, h32, i32, toI32(key)}));
}

/// Adds up factor · w · v in the accumulator; returns the sum of weights.
Value RowLoops::accumulate(Value maximum) {
  Value width = index(dataShape(op.getValue().getType()).back());
  loop(width, [&](Value feature) { memref::StoreOp::create(b, f32(0), scratch.accumulator, feature); });
  return overKeys(maximum, withSink(maximum), [&](Value key, Value w, Value sum) -> Value {
    Value numerator = timesFactor(w, key);
    loop(width, [&](Value feature) {
      Value product = arith::MulFOp::create(b, numerator, element(op.getValue(), sequence.firstKey, key, feature));
      Value total = arith::AddFOp::create(b, memref::LoadOp::create(b, scratch.accumulator, feature), product);
      memref::StoreOp::create(b, total, scratch.accumulator, feature);
    });
    return arith::AddFOp::create(b, sum, w);
  });
}

//===----------------------------------------------------------------------===//
// The row
//===----------------------------------------------------------------------===//

void RowLoops::begin(Value sequenceIndex, Value tensorRow, Value head) {
  row = tensorRow;
  h = head;
  n = sequences.isPacked() ? sequences.find(row) : sequenceIndex;
  sequence = sequences.at(n);
  Value rowInSequence = arith::SubIOp::create(b, row, sequence.firstRow);
  exists = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, rowInSequence, sequence.validRows);
  sequence.keyCount = arith::SelectOp::create(b, exists, sequence.keyCount, index(0));
  n32 = toI32(n);
  h32 = toI32(h);
  position = arith::AddIOp::create(b, sequence.start, rowInSequence);
  i32 = toI32(position);
}

Value RowLoops::divisorOf(Value sum) {
  return op.getEpsilon() ? Value(arith::AddFOp::create(b, sum, f32(op.getEpsilon()->convertToFloat()))) : sum;
}

void RowLoops::emit(Value sequenceIndex, Value tensorRow, Value head) {
  begin(sequenceIndex, tensorRow, head);
  Value maximum = isRelative() ? findMaximum() : f32(0);
  Value sum = accumulate(maximum);
  if (!op.getState().empty()) {
    dropCommonFading(sum);
    sum = addInitialState(sum);
  }
  Value divisor = divisorOf(sum);
  Value isZero = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, divisor, f32(0));

  loop(index(dataShape(op.getValue().getType()).back()), [&](Value feature) {
    Value output = memref::LoadOp::create(b, scratch.accumulator, feature);
    if (op.getNormalizer() == Normalizer::sum)
      output = arith::SelectOp::create(b, isZero, f32(0), arith::DivFOp::create(b, output, divisor));
    if (!op.getEpilogue().empty()) {
      Value changed = regions.inlined(op.getEpilogue(), {output, n32, h32, i32, toI32(feature)});
      output = arith::SelectOp::create(b, exists, changed, f32(0));
    }
    store(op.getDestinations().front(), output, feature);
  });
  if (isExp() && op.getDestinations().size() > 1) {
    Value lse = arith::AddFOp::create(b, maximum, math::LogOp::create(b, sum));
    Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, sum, f32(0));
    store(op.getDestinations()[1], arith::SelectOp::create(b, none, minusInfinity(), lse), {});
  }
}

void attn::reference::emitRow(ImplicitLocOpBuilder &builder, GenericOp generic, Value n, Value row, Value h,
                              const Scratch &scratch) {
  RowLoops(builder, generic, scratch).emit(n, row, h);
}
