//===- VectorRegions.cpp - regions of scalars on lanes ---===//

#include "lowering/cpu/VectorRegions.h"

#include "dialect/attn/Attn.h"
#include "lowering/Philox.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace attn;

static bool isVector(Value value) { return isa<VectorType>(value.getType()); }

//===----------------------------------------------------------------------===//
// Loads
//===----------------------------------------------------------------------===//

Value attn::loadClamped(VectorBuilder &b, Value memref, ValueRange i32Indices) {
  SmallVector<Value> indices;
  for (auto [dimension, i32Index] : llvm::enumerate(i32Indices)) {
    Value size = memref::DimOp::create(b, memref, dimension);
    Value index = b.createOrFold<arith::IndexCastOp>(b.getIndexType(), i32Index);
    index = b.minimum(index, b.sub(size, b.index(1)));
    indices.push_back(b.createOrFold<arith::MaxSIOp>(index, b.index(0)));
  }
  Value element = b.load(memref, indices);
  return element.getType().isBF16() || element.getType().isF16() ? b.toF32(element) : element;
}

/// One scalar load a lane: captures have any strides and any rank.
static Value gather(VectorBuilder &b, Value memref, ArrayRef<Value> indices) {
  Value result;
  for (int64_t lane = 0; lane < b.lanes; ++lane) {
    SmallVector<Value> ofLane;
    for (Value index : indices)
      ofLane.push_back(isVector(index) ? Value(vector::ExtractOp::create(b, index, lane)) : index);
    Value element = loadClamped(b, memref, ofLane);
    if (!result)
      result = b.splat(element);
    else
      result = vector::InsertOp::create(b, element, result, lane);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Inlining
//===----------------------------------------------------------------------===//

/// The op on vectors: scalar operands are broadcast, the rest of it stays.
static Operation *vectorize(VectorBuilder &b, Operation &op, ArrayRef<Value> operands) {
  OperationState state(op.getLoc(), op.getName());
  for (Value operand : operands)
    state.operands.push_back(isVector(operand) ? operand : b.splat(operand));
  for (Type type : op.getResultTypes())
    state.types.push_back(b.vectorOf(type));
  state.addAttributes(op.getDiscardableAttrDictionary().getValue());
  state.propertiesAttr = op.getPropertiesAsAttribute();
  return b.create(state);
}

static LogicalResult inlineOp(VectorBuilder &b, Operation &op, IRMapping &mapping) {
  SmallVector<Value> operands;
  for (Value operand : op.getOperands())
    operands.push_back(mapping.lookupOrDefault(operand));
  bool uniform = llvm::none_of(operands, isVector);
  if (auto load = dyn_cast<LoadOp>(op)) {
    ArrayRef<Value> indices = ArrayRef(operands).drop_front();
    mapping.map(op.getResult(0), uniform ? loadClamped(b, operands[0], indices) : gather(b, operands[0], indices));
  } else if (auto random = dyn_cast<RandomOp>(op)) {
    mapping.map(op.getResult(0), emitPhilox(b, operands[0], ArrayRef(operands).drop_front()));
  } else if (uniform && !isa<AttnDialect>(op.getDialect())) {
    b.clone(op, mapping);
  } else if (OpTrait::hasElementwiseMappableTraits(&op)) {
    Operation *onLanes = vectorize(b, op, operands);
    mapping.map(op.getResults(), onLanes->getResults());
  } else {
    return op.emitOpError() << "has no form on vector lanes; lower the function with --lowering=reference";
  }
  return success();
}

static void mapGiven(Block &body, ValueRange arguments, IRMapping &mapping) {
  for (auto [argument, value] : llvm::zip_equal(body.getArguments(), arguments))
    if (value)
      mapping.map(argument, value);
}

LogicalResult attn::inlineKnown(VectorBuilder &b, Block &body, ValueRange arguments, IRMapping &known) {
  mapGiven(body, arguments, known);
  auto isKnown = [&](Value operand) { return operand.getParentBlock() != &body || known.contains(operand); };
  for (Operation &op : body.without_terminator())
    if (llvm::all_of(op.getOperands(), isKnown) && failed(inlineOp(b, op, known)))
      return failure();
  return success();
}

FailureOr<Value> attn::inlineOnLanes(VectorBuilder &b, Block &body, ValueRange arguments, const IRMapping &known) {
  IRMapping mapping = known;
  mapGiven(body, arguments, mapping);
  for (Operation &op : body.without_terminator())
    if (!known.contains(op.getResult(0)) && failed(inlineOp(b, op, mapping)))
      return failure();
  return mapping.lookupOrDefault(body.getTerminator()->getOperand(0));
}
