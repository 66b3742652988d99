//===- GlobalBuffer.cpp - a kernel's arguments as a GPU thread sees them ---===//

#include "lowering/nvptx/GlobalBuffer.h"

#include "dialect/attn/Attn.h"
#include "lowering/Philox.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Loads
//===----------------------------------------------------------------------===//

Value attn::loadElement(ThreadBuilder &b, const GlobalBuffer &buffer, ValueRange indices) {
  Value offset = b.i64(0);
  for (auto [index, stride] : llvm::zip(indices, buffer.strides))
    offset = b.add(offset, b.mul(b.toI64(index), stride));
  Value place = b.at(buffer.data, b.mul(offset, buffer.elementBytes()));
  if (!buffer.element.isInteger(1))
    return b.load(buffer.element, place, buffer.elementBytes());
  Value byte = b.load(b.getI8Type(), place, 1);
  return arith::TruncIOp::create(b, b.getI1Type(), byte);
}

Value attn::loadClamped(ThreadBuilder &b, const GlobalBuffer &buffer, ValueRange indices) {
  SmallVector<Value> within;
  for (auto [index, size] : llvm::zip(indices, buffer.sizes))
    within.push_back(b.max(b.min(b.toI64(index), b.add(size, -1)), b.i64(0)));
  Value element = loadElement(b, buffer, within);
  if (element.getType().isBF16() || element.getType().isF16())
    return LLVM::FPExtOp::create(b, b.getF32Type(), element);
  return element;
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

/// What the special function unit computes; null for any other op.
static Value specialFunction(ThreadBuilder &b, Operation &op, Value x) {
  if (!x || !x.getType().isF32())
    return Value();
  return llvm::TypeSwitch<Operation *, Value>(&op)
      .Case([&](math::Exp2Op) { return b.exp2(x); })
      .Case([&](math::ExpOp) { return b.exp2(b.mulf(x, b.f32(M_LOG2E))); })
      .Case([&](math::Log2Op) { return b.log2(x); })
      .Case([&](math::LogOp) { return b.mulf(b.log2(x), b.f32(M_LN2)); })
      .Case([&](math::TanhOp) {
        // 1 − 2 / (1 + e^2x): exact at both ends, and closer than tanh.approx, whose error is 2⁻¹¹.
        Value above = b.addf(b.exp2(b.mulf(x, b.f32(2 * M_LOG2E))), b.f32(1));
        return b.fma(b.f32(-2), b.reciprocal(above), b.f32(1));
      })
      .Default([](Operation *) { return Value(); });
}

FailureOr<Value> attn::inlineScalars(ThreadBuilder &b, Block &body, ValueRange arguments, ValueRange captures,
                                     const IRMapping &outer, const BufferMap &buffers) {
  IRMapping mapping;
  DenseMap<Value, const GlobalBuffer *> captured;
  for (auto [inside, value] : llvm::zip(body.getArguments(), arguments))
    mapping.map(inside, value);
  for (auto [inside, value] : llvm::zip(body.getArguments().drop_front(arguments.size()), captures)) {
    if (auto found = buffers.find(value); found != buffers.end())
      captured[inside] = &found->second;
    else
      mapping.map(inside, outer.lookup(value));
  }
  // Constants that a region shares with others stand outside of it, in the scalar code around the sweep.
  body.walk([&](Operation *op) {
    for (Value operand : op->getOperands())
      if (Value outside = mapping.contains(operand) ? Value() : outer.lookupOrNull(operand))
        mapping.map(operand, outside);
  });
  for (Operation &op : body.without_terminator()) {
    if (auto load = dyn_cast<LoadOp>(op)) {
      SmallVector<Value> indices;
      for (Value index : load.getIndices())
        indices.push_back(mapping.lookup(index));
      mapping.map(load.getResult(), loadClamped(b, *captured.lookup(load.getCapture()), indices));
    } else if (auto random = dyn_cast<RandomOp>(op)) {
      auto at = [&](Value value) { return mapping.lookup(value); };
      mapping.map(op.getResult(0),
                  emitPhilox(b, at(random.getSeed()),
                             {at(random.getN()), at(random.getH()), at(random.getI()), at(random.getJ())}));
    } else if (isa<AttnDialect>(op.getDialect()) || op.getNumRegions()) {
      return op.emitOpError() << "has no form for a thread of a GPU; compile for cpu with --lowering=reference";
    } else if (Value special =
                   specialFunction(b, op, op.getNumOperands() == 1 ? mapping.lookup(op.getOperand(0)) : Value())) {
      mapping.map(op.getResult(0), special);
    } else {
      b.clone(op, mapping);
    }
  }
  return mapping.lookup(body.getTerminator()->getOperand(0));
}
