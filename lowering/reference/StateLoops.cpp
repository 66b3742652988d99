//===- StateLoops.cpp - gates and states in plain loops ---===//
//
// What `state` and `final` are by their definition, one product of features at a time:
//
//   o    += e^(gates of 0..i) · scale^p · Σ_f φ_f(q_i) · U₀[f]
//   U[f]  = e^(all gates) · U₀[f] + Σ_j e^(gates of j+1..) · φ_f(k_j) · v_j
//
// with f over the index tuples i₁ ≤ … ≤ i_p in lexicographic order. Gates are added up in f64, from the last position
// back, so that no difference of large sums is taken.
//
//===----------------------------------------------------------------------===//

#include "lowering/reference/RowLoops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace attn;
using namespace attn::reference;

//===----------------------------------------------------------------------===//
// Gates
//===----------------------------------------------------------------------===//

/// As f64.
Value RowLoops::gate(Value key) {
  Value gates = op.getGates();
  ArrayRef<int64_t> shape = dataShape(gates.getType());
  Value head = headOf(shape.size() == 4 ? shape[2] : shape.back());
  SmallVector<Value, 4> at{head};
  if (shape.size() == 2)
    at = {arith::AddIOp::create(b, sequence.firstKey, key), head};
  else if (shape.size() >= 3)
    at = {n, key, head};
  if (shape.size() == 4) // In a cache.
    at.push_back(index(0));
  Value gate = memref::LoadOp::create(b, gates, at);
  return arith::ExtFOp::create(b, b.getF64Type(), gate);
}

void RowLoops::beginFading() {
  Value sum = arith::ConstantOp::create(b, b.getF64FloatAttr(0));
  if (dataShape(op.getGates().getType()).size() == 1 && !isHomogeneous(op)) {
    // Every position has the fixed gate, those past the last key too; over a sum all keys fade alike there.
    Value last = arith::SubIOp::create(b, sequence.keyCount, index(1));
    Value past = arith::MaxSIOp::create(b, arith::SubIOp::create(b, position, last), index(0));
    Value times = arith::SIToFPOp::create(b, b.getF64Type(), arith::IndexCastOp::create(b, b.getI64Type(), past));
    Value none = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, past, index(0));
    // 0 · −∞ is no number.
    sum = arith::SelectOp::create(b, none, sum, arith::MulFOp::create(b, times, gate(index(0))));
  }
  memref::StoreOp::create(b, sum, scratch.gateSum, index(0));
}

/// Before a key has a weight, what all of them fade by has no effect over their sum, and may be too small for f32; but
/// behind a gate of −∞ nothing is left.
void RowLoops::dropCommonFading(Value sumOfWeights) {
  if (!op.getGates() || !isHomogeneous(op))
    return;
  auto f64 = [&](double value) -> Value { return arith::ConstantOp::create(b, b.getF64FloatAttr(value)); };
  Value sum = memref::LoadOp::create(b, scratch.gateSum, index(0));
  Value hasNone = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, sumOfWeights, f32(0));
  Value isFinite = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, sum, f64(leastPending));
  Value isDropped = arith::AndIOp::create(b, hasNone, isFinite);
  memref::StoreOp::create(b, arith::SelectOp::create(b, isDropped, f64(0), sum), scratch.gateSum, index(0));
}

void RowLoops::fadeBy(Value key) {
  Value sum = memref::LoadOp::create(b, scratch.gateSum, index(0));
  Value isSeen = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, key, position);
  Value more = arith::AddFOp::create(b, sum, gate(key));
  memref::StoreOp::create(b, arith::SelectOp::create(b, isSeen, more, sum), scratch.gateSum, index(0));
}

Value RowLoops::fading() {
  if (!op.getGates())
    return Value();
  Value sum = memref::LoadOp::create(b, scratch.gateSum, index(0));
  return math::ExpOp::create(b, arith::TruncFOp::create(b, b.getF32Type(), sum));
}

//===----------------------------------------------------------------------===//
// Features of a state
//===----------------------------------------------------------------------===//

void RowLoops::nestFeatures(Feature &feature, Value first, Value run, llvm::function_ref<void(const Feature &)> body) {
  if (static_cast<int64_t>(feature.indices.size()) == power()) {
    feature.place = memref::LoadOp::create(b, scratch.place, index(0));
    body(feature);
    memref::StoreOp::create(b, arith::AddIOp::create(b, feature.place, index(1)), scratch.place, index(0));
    return;
  }
  Value multiplicity = feature.multiplicity;
  loop(first, index(dataShape(op.getKeys().front().getType()).back()), [&](Value next) {
    Value length = f32(1);
    if (!feature.indices.empty()) {
      Value isEqual = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, next, feature.indices.back());
      length = arith::SelectOp::create(b, isEqual, arith::AddFOp::create(b, run, f32(1)), f32(1));
    }
    feature.multiplicity = arith::DivFOp::create(b, multiplicity, length);
    feature.indices.push_back(next);
    nestFeatures(feature, next, length, body);
    feature.indices.pop_back();
  });
  feature.multiplicity = multiplicity;
}

void RowLoops::forEachFeature(llvm::function_ref<void(const Feature &)> body) {
  memref::StoreOp::create(b, index(0), scratch.place, index(0));
  double orders = 1;
  for (int64_t k = 2; k <= power(); ++k)
    orders *= static_cast<double>(k);
  Feature feature;
  feature.multiplicity = f32(orders);
  nestFeatures(feature, index(0), f32(0), body);
}

Value RowLoops::productOf(const Feature &of, Value data, Value firstRow, Value position) {
  Value product;
  for (Value index : of.indices) {
    Value x = feature(data, firstRow, position, index);
    product = product ? Value(arith::MulFOp::create(b, product, x)) : x;
  }
  return product;
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

Value RowLoops::addInitialState(Value sum) {
  bool isSum = op.getNormalizer() == Normalizer::sum;
  memref::StoreOp::create(b, sum, scratch.weightSum, index(0));
  auto branch = scf::IfOp::create(b, exists, /*withElseRegion=*/false);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    Value keyHead = headOf(dataShape(op.getValue().getType()).rbegin()[1]);
    Value rowInSequence = arith::SubIOp::create(b, row, sequence.firstRow), factor = fading();
    for (int64_t times = power(); times > 0; --times)
      factor = factor ? Value(arith::MulFOp::create(b, factor, op.getScale())) : op.getScale();
    forEachFeature([&](const Feature &f) {
      Value w = productOf(f, op.getQueries().front(), sequence.firstRow, rowInSequence);
      w = arith::MulFOp::create(b, w, factor);
      if (!op.getWeights()) // which have u alone
        loop(index(dataShape(op.getValue().getType()).back()), [&](Value e) {
          Value held = memref::LoadOp::create(b, op.getState()[0], ValueRange{n, keyHead, f.place, e});
          Value total = memref::LoadOp::create(b, scratch.accumulator, e);
          total = arith::AddFOp::create(b, total, arith::MulFOp::create(b, w, held));
          memref::StoreOp::create(b, total, scratch.accumulator, e);
        });
      if (!isSum)
        return;
      Value held = memref::LoadOp::create(b, op.getState().back(), ValueRange{n, keyHead, f.place});
      Value total = memref::LoadOp::create(b, scratch.weightSum, index(0));
      total = arith::AddFOp::create(b, total, arith::MulFOp::create(b, w, held));
      memref::StoreOp::create(b, total, scratch.weightSum, index(0));
    });
  }
  return memref::LoadOp::create(b, scratch.weightSum, index(0));
}

void RowLoops::emitFinalState(Value sequenceIndex, Value head) {
  n = sequenceIndex;
  h = head;
  sequence = sequences.at(n);
  if (!op.getSwitchOver())
    return emitFinalState();
  Value least = index(*op.getSwitchOver());
  auto takesKeys = scf::IfOp::create(b, arith::CmpIOp::create(b, arith::CmpIPredicate::sge, sequence.keyCount, least),
                                     /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(takesKeys.thenBlock());
  emitFinalState();
}

void RowLoops::emitFinalState() {
  n32 = toI32(n);
  h32 = toI32(h);
  position = arith::SubIOp::create(b, sequence.keyCount, index(1));
  auto final = op.getDestinations().drop_front();
  bool isSum = final.size() > 1;
  Value width = index(dataShape(op.getValue().getType()).back());
  Value keyHead = headOf(dataShape(op.getValue().getType()).rbegin()[1]);
  /// destination[n, head, feature, …] = what `change` makes of it
  auto update = [&](Value destination, SmallVector<Value> at, llvm::function_ref<Value(Value)> change) {
    at.insert(at.begin(), {n, keyHead});
    memref::StoreOp::create(b, change(memref::LoadOp::create(b, destination, at)), destination, at);
  };
  auto forEachElement = [&](llvm::function_ref<void(unsigned part, const Feature &, SmallVector<Value>)> body) {
    forEachFeature([&](const Feature &f) {
      loop(width, [&](Value e) { body(0, f, {f.place, e}); });
      if (isSum)
        body(1, f, {f.place});
    });
  };
  bool fades = bool(op.getGates()), hasInitial = !op.getState().empty();
  // What was before the call fades by all of its gates; it may stand where the final state goes.
  if (fades)
    beginFading();
  if (fades && hasInitial)
    loop(sequence.keyCount, [&](Value step) { fadeBy(arith::SubIOp::create(b, position, step)); });
  Value faded = hasInitial ? fading() : Value();
  forEachElement([&](unsigned part, const Feature &, SmallVector<Value> at) {
    SmallVector<Value> from{n, keyHead};
    llvm::append_range(from, at);
    Value initial = hasInitial ? Value(memref::LoadOp::create(b, op.getState()[part], from)) : f32(0);
    if (faded)
      initial = arith::MulFOp::create(b, initial, faded);
    update(final[part], at, [&](Value) { return initial; });
  });
  if (fades)
    beginFading();
  loop(sequence.keyCount, [&](Value step) {
    Value key = arith::SubIOp::create(b, position, step);
    i32 = toI32(key); // A condition on keys alone is that of any query; the key's own position is before none.
    whereAdmitted(key, f32(0), [&]() -> Value {
      forEachElement([&](unsigned part, const Feature &f, SmallVector<Value> at) {
        Value w = productOf(f, op.getKeys().front(), sequence.firstKey, key);
        w = arith::MulFOp::create(b, w, f.multiplicity);
        if (fades)
          w = arith::MulFOp::create(b, w, fading());
        if (part == 0)
          w = arith::MulFOp::create(b, w, element(op.getValue(), sequence.firstKey, key, at.back()));
        update(final[part], at, [&](Value held) -> Value { return arith::AddFOp::create(b, held, w); });
      });
      return f32(0);
    });
    if (fades)
      fadeBy(key);
  });
}

void attn::reference::emitFinalState(ImplicitLocOpBuilder &builder, GenericOp generic, Value n, Value h,
                                     const Scratch &scratch) {
  RowLoops(builder, generic, scratch).emitFinalState(n, h);
}
