//===- WeightsLoops.cpp - a row of weights in plain loops ---===//
//
//   a(j) = factor(j) · w(j) / (sum: l + ε | none: 1)   for admitted j,  0 for all others, and where that divisor is 0
//
// The weights of a mean are those of each head in turn, divided by their number.
//
//===----------------------------------------------------------------------===//

#include "lowering/reference/RowLoops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace attn;
using namespace attn::reference;

void RowLoops::addWeights(Value sequenceIndex, Value tensorRow, Value head, double share) {
  begin(sequenceIndex, tensorRow, head);
  bool isSum = op.getNormalizer() == Normalizer::sum;
  Value maximum = isRelative() ? findMaximum() : f32(0), divisor, isZero;
  if (isSum) {
    auto add = [&](Value, Value w, Value sum) -> Value { return arith::AddFOp::create(b, sum, w); };
    Value sum = overKeys(maximum, withSink(maximum), add);
    if (!op.getState().empty()) {
      dropCommonFading(sum);
      sum = addInitialState(sum);
    }
    divisor = divisorOf(sum);
    isZero = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, divisor, f32(0));
  }
  Value result = op.getDestinations().front();
  overKeys(maximum, f32(0), [&](Value key, Value w, Value carried) -> Value {
    Value a = timesFactor(w, key);
    if (isSum)
      a = arith::SelectOp::create(b, isZero, f32(0), arith::DivFOp::create(b, a, divisor));
    SmallVector<Value, 4> at{n, h, row, key};
    if (op.getWeights() == WeightsOf::mean)
      at = {n, row, key};
    Value total =
        arith::AddFOp::create(b, memref::LoadOp::create(b, result, at), arith::MulFOp::create(b, a, f32(share)));
    memref::StoreOp::create(b, total, result, at);
    return arith::AddFOp::create(b, carried, w);
  });
}

void RowLoops::emitWeights(Value sequenceIndex, Value tensorRow, Value head) {
  Value result = op.getDestinations().front();
  bool isMean = op.getWeights() == WeightsOf::mean;
  loop(memref::DimOp::create(b, result, isMean ? 2 : 3), [&](Value key) {
    SmallVector<Value, 4> at{sequenceIndex, head, tensorRow, key};
    if (isMean)
      at = {sequenceIndex, tensorRow, key};
    memref::StoreOp::create(b, f32(0), result, at);
  });
  if (!isMean)
    return addWeights(sequenceIndex, tensorRow, head, 1);
  int64_t heads = dataShape(op.getQueries().front().getType())[2];
  loop(index(heads), [&](Value each) { addWeights(sequenceIndex, tensorRow, each, 1.0 / static_cast<double>(heads)); });
}

void attn::reference::emitWeightsRow(ImplicitLocOpBuilder &builder, GenericOp generic, Value n, Value row, Value h,
                                     const Scratch &scratch) {
  RowLoops(builder, generic, scratch).emitWeights(n, row, h);
}
