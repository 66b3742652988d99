//===- ScalarRegions.cpp - regions of attn.generic as scalar code ---===//

#include "lowering/reference/ScalarRegions.h"

#include "lowering/Philox.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attn;
using namespace attn::reference;

Value attn::reference::extendToF32(ImplicitLocOpBuilder &b, Value value) {
  return value.getType().isF32() ? value : Value(arith::ExtFOp::create(b, b.getF32Type(), value));
}

Value ScalarRegions::toIndex(Value i32) { return arith::IndexCastOp::create(b, b.getIndexType(), i32); }
Value ScalarRegions::toI32(Value index) { return arith::IndexCastOp::create(b, b.getI32Type(), index); }

Value ScalarRegions::inlined(Region &region, ValueRange coordinates) {
  Block &block = region.front();
  IRMapping mapping;
  mapping.map(block.getArguments().take_front(coordinates.size()), coordinates);
  mapping.map(block.getArguments().drop_front(coordinates.size()), captures);
  for (Operation &op : block.without_terminator()) {
    auto at = [&](Value value) { return mapping.lookup(value); };
    auto all = [&](ValueRange values) { return llvm::map_to_vector(values, at); };
    Value replaced =
        TypeSwitch<Operation *, Value>(&op)
            .Case([&](LoadOp load) { return this->load(load, at(load.getCapture()), all(load.getIndices())); })
            .Case([&](RowOp row) {
              Sequence sequence = sequences.at(toIndex(at(row.getN())));
              Value inSequence = arith::SubIOp::create(b, toIndex(at(row.getI())), sequence.start);
              return toI32(arith::AddIOp::create(b, sequence.firstRow, inSequence));
            })
            .Case([&](KeyRowOp row) {
              Sequence sequence = sequences.at(toIndex(at(row.getN())));
              return toI32(arith::AddIOp::create(b, sequence.firstKey, toIndex(at(row.getJ()))));
            })
            .Case([&](CountOp count) {
              Sequence sequence = sequences.at(toIndex(at(count.getN())));
              return toI32(count.getKeys() ? sequence.keyCount : sequence.validRows);
            })
            .Case([&](RandomOp op) {
              return emitPhilox(b, at(op.getSeed()), {at(op.getN()), at(op.getH()), at(op.getI()), at(op.getJ())});
            })
            .Default([](Operation *) { return Value(); });
    if (replaced)
      mapping.map(op.getResult(0), replaced);
    else
      b.clone(op, mapping);
  }
  return mapping.lookup(cast<YieldOp>(block.getTerminator()).getValue());
}

/// Indices are clamped into the capture: regions also run for pairs that do not exist.
Value ScalarRegions::load(LoadOp op, Value capture, ValueRange indices) {
  SmallVector<Value> clamped;
  Value zero = arith::ConstantIndexOp::create(b, 0), one = arith::ConstantIndexOp::create(b, 1);
  for (auto [dimension, index] : llvm::enumerate(indices)) {
    Value last = arith::SubIOp::create(b, memref::DimOp::create(b, capture, dimension), one);
    clamped.push_back(arith::MaxSIOp::create(b, arith::MinSIOp::create(b, toIndex(index), last), zero));
  }
  Value element = memref::LoadOp::create(b, capture, clamped);
  return isa<FloatType>(element.getType()) ? extendToF32(b, element) : element;
}
