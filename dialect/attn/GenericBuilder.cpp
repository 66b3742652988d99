//===- GenericBuilder.cpp - collects what a chain of named ops says ---===//
//
// Regions grow while the ops speak. All regions of an `attn.generic` have the same captures as their last arguments, so
// a capture that one region asks for becomes an argument of the others when the op is made.
//
//===----------------------------------------------------------------------===//

#include "dialect/attn/Attn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

#include <limits>

using namespace mlir;
using namespace attn;

Value ScalarBuilder::f32(double value) { return arith::ConstantOp::create(*this, getFloatAttr(getF32Type(), value)); }

Value ScalarBuilder::i32(int64_t value) {
  return arith::ConstantOp::create(*this, getI32IntegerAttr(static_cast<int32_t>(value)));
}

Value ScalarBuilder::load(Value outside, ValueRange indices) {
  Type element = dataElementType(outside.getType());
  return LoadOp::create(*this, isa<FloatType>(element) ? getF32Type() : element, capture(outside), indices);
}

Value ScalarBuilder::divisor(Value outside) {
  Value given = capture(outside);
  return createOrFold<arith::MaxSIOp>(given, i32(1));
}

Value ScalarBuilder::isWithin(Value left, Value right) {
  using Predicate = arith::CmpIPredicate;
  Value first = arith::SubIOp::create(*this, i, left), last = arith::AddIOp::create(*this, i, right);
  Value isLate = arith::CmpIOp::create(*this, Predicate::sge, j, first);
  return arith::AndIOp::create(*this, isLate, arith::CmpIOp::create(*this, Predicate::sle, j, last));
}

Value ScalarBuilder::isAround(Value width) {
  Value given = capture(width), reach = createOrFold<arith::FloorDivSIOp>(given, i32(2));
  return isWithin(reach, reach);
}

Value ScalarBuilder::unlessMasked(Value score, Value changed) {
  if (isa<BlockArgument>(score)) // A product: nothing was added yet.
    return changed;
  Value none = f32(-std::numeric_limits<double>::infinity());
  Value isMasked = arith::CmpFOp::create(*this, arith::CmpFPredicate::OEQ, score, none);
  return arith::SelectOp::create(*this, isMasked, none, changed);
}

//===----------------------------------------------------------------------===//
// A region while it grows
//===----------------------------------------------------------------------===//

struct GenericBuilder::ScalarRegion {
  /// `fixed` are the types of the arguments in front of the captures.
  ScalarRegion(MLIRContext *context, Location location, ArrayRef<Type> fixed)
      : builder(context), numFixed(fixed.size()) {
    block = new Block;
    region.push_back(block);
    for (Type type : fixed)
      block->addArgument(type, location);
    builder.setInsertionPointToEnd(block);
  }

  /// The argument of capture `index`; captures are arguments in their order.
  BlockArgument captureArgument(ArrayRef<Value> captures, size_t index) {
    addCaptures(captures.take_front(index + 1));
    return block->getArgument(numFixed + index);
  }

  /// Gives the region an argument for each of `captures` that has none yet.
  void addCaptures(ArrayRef<Value> captures) {
    for (Value capture : captures.drop_front(block->getNumArguments() - numFixed))
      block->addArgument(capture.getType(), capture.getLoc());
  }

  /// n, h, i, j: the last four of the fixed arguments.
  ValueRange coordinates() { return block->getArguments().slice(numFixed - 4, 4); }

  Region region;
  Block *block;
  OpBuilder builder;
  size_t numFixed;
  llvm::SmallDenseMap<Value, Value> constants;
  /// What the region yields so far: a score, or whether the pair is admitted.
  Value result;
};

GenericBuilder::GenericBuilder(OpBuilder &outside, Location location) : out(location, outside) {}
GenericBuilder::~GenericBuilder() = default;

Value GenericBuilder::captureInto(ScalarRegion &region, Value outside) {
  Attribute constant;
  if (outside.getType().isIntOrIndexOrFloat() && matchPattern(outside, m_Constant(&constant))) {
    Value &inside = region.constants[outside];
    if (!inside)
      inside = arith::ConstantOp::create(region.builder, out.getLoc(), cast<TypedAttr>(constant));
    return inside;
  }
  auto found = llvm::find(captures, outside);
  size_t index = found - captures.begin();
  if (found == captures.end())
    captures.push_back(outside);
  return region.captureArgument(captures, index);
}

//===----------------------------------------------------------------------===//
// Slots
//===----------------------------------------------------------------------===//

void GenericBuilder::addPart(Value query, Value key) {
  queries.push_back(query);
  keys.push_back(key);
}

void GenericBuilder::setWeighting(Weighting newWeighting, Normalizer newNormalizer) {
  weighting = newWeighting;
  normalizer = newNormalizer;
}

void GenericBuilder::setResultTypes(Type output, Type lse) {
  outputType = output;
  lseType = lse;
}

void GenericBuilder::changeScore(llvm::function_ref<Value(ScalarBuilder &, Value)> change) {
  Type f32 = out.getF32Type(), i32 = out.getI32Type();
  if (!score) {
    score = std::make_unique<ScalarRegion>(out.getContext(), out.getLoc(), ArrayRef<Type>{f32, i32, i32, i32, i32});
    score->result = score->block->getArgument(0);
  }
  auto capture = [&](Value outside) { return captureInto(*score, outside); };
  ScalarBuilder scalar(score->builder, out.getLoc(), score->coordinates(), capture);
  score->result = change(scalar, score->result);
}

void GenericBuilder::narrowMask(llvm::function_ref<Value(ScalarBuilder &)> admits) {
  Type i32 = out.getI32Type();
  if (!mask)
    mask = std::make_unique<ScalarRegion>(out.getContext(), out.getLoc(), ArrayRef<Type>{i32, i32, i32, i32});
  auto capture = [&](Value outside) { return captureInto(*mask, outside); };
  ScalarBuilder scalar(mask->builder, out.getLoc(), mask->coordinates(), capture);
  Value admitted = admits(scalar);
  mask->result = mask->result ? arith::AndIOp::create(scalar, mask->result, admitted) : admitted;
}

GenericOp GenericBuilder::create() {
  auto generic = GenericOp::create(out, outputType, lseType, TypeRange(), weighting, normalizer, FloatAttr(),
                                   IntegerAttr(), queries, keys, value, scale, sequences, /*gates=*/Value(), sink,
                                   /*state=*/ValueRange(), captures, /*destinations=*/ValueRange());
  auto give = [&](ScalarRegion *from, Region &to) {
    if (!from)
      return;
    from->addCaptures(captures);
    YieldOp::create(from->builder, out.getLoc(), from->result);
    to.takeBody(from->region);
  };
  give(score.get(), generic.getScore());
  give(mask.get(), generic.getMask());
  return generic;
}
