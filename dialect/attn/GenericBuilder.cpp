//===- GenericBuilder.cpp - collects what a chain of named ops says ---===//
//
// Regions grow while the ops speak. All regions of an `attn.generic` have the same captures as their last arguments, so
// a capture that one region asks for becomes an argument of the others when the op is made.
//
//===----------------------------------------------------------------------===//

#include "dialect/attn/Checks.h"
#include "dialect/nn/GraphBuilder.h"

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
  ScalarRegion(MLIRContext *context, Location location, const RegionForm &form)
      : builder(context), location(location), numFixed(form.numFixed()) {
    block = new Block;
    region.push_back(block);
    for (Type type : form.fixedTypes(context))
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

  ValueRange fixed() { return block->getArguments().take_front(numFixed); }

  Region region;
  Block *block;
  OpBuilder builder;
  /// Of the op that spoke first.
  Location location;
  size_t numFixed;
  llvm::SmallDenseMap<Value, Value> constants;
  /// What the region yields so far.
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
  outside = readWeight(outside);
  auto found = llvm::find(captures, outside);
  size_t index = found - captures.begin();
  if (found == captures.end())
    captures.push_back(outside);
  return region.captureArgument(captures, index);
}

Value GenericBuilder::readWeight(Value outside) {
  if (!isa<nn::WeightType>(outside.getType()))
    return outside;
  Value &read = readWeights[outside];
  if (read)
    return read;
  nn::GraphBuilder b(out, out.getLoc());
  ArrayRef<int64_t> sizes = dataShape(outside.getType());
  read = b.map(b.tensorOf(sizes, b.getF32Type()), {{outside, b.loopRange(0, sizes.size())}},
               [](const nn::LoopScalars &at) { return at.elements[0]; });
  return read;
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

void GenericBuilder::expectWeighting(Weighting declaredWeighting, Normalizer declaredNormalizer, Location location) {
  declared.push_back({declaredWeighting, declaredNormalizer, location});
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

void GenericBuilder::grow(RegionKind kind, llvm::function_ref<Value(ScalarBuilder &, ValueRange)> step) {
  const RegionForm &form = formOf(kind);
  std::unique_ptr<ScalarRegion> &region = regions[static_cast<unsigned>(kind)];
  if (!region)
    region = std::make_unique<ScalarRegion>(out.getContext(), out.getLoc(), form);
  else if (kind == RegionKind::pair && !secondPair)
    secondPair = out.getLoc();

  auto capture = [&](Value outside) { return captureInto(*region, outside); };
  SmallVector<Value, 5> arguments(region->fixed());
  ValueRange integers = ValueRange(arguments).take_back(form.numIntegers);
  ScalarBuilder scalar = form.hasCoordinates() ? ScalarBuilder(region->builder, out.getLoc(), integers, capture)
                                               : ScalarBuilder(region->builder, out.getLoc(), capture);
  bool isSequential = kind == RegionKind::score || kind == RegionKind::features || kind == RegionKind::epilogue;
  if (isSequential && region->result)
    arguments.front() = region->result;
  Value given = step(scalar, arguments);
  if (!region->result || isSequential)
    region->result = given;
  else if (kind == RegionKind::mask)
    region->result = arith::AndIOp::create(scalar, region->result, given);
  else
    region->result = arith::MulFOp::create(scalar, region->result, given);
}

void GenericBuilder::setState(ValueRange initial, TypeRange final, std::optional<int64_t> newSwitchOver) {
  switchOver = newSwitchOver;
  state.assign(initial.begin(), initial.end());
  finalTypes.assign(final.begin(), final.end());
}

void GenericBuilder::changeScore(llvm::function_ref<Value(ScalarBuilder &, Value)> change) {
  grow(RegionKind::score, [&](ScalarBuilder &b, ValueRange arguments) { return change(b, arguments.front()); });
}

void GenericBuilder::narrowMask(llvm::function_ref<Value(ScalarBuilder &)> admits) {
  grow(RegionKind::mask, [&](ScalarBuilder &b, ValueRange) { return admits(b); });
}

//===----------------------------------------------------------------------===//
// The op
//===----------------------------------------------------------------------===//

/// The closing op that gives these weights.
static StringRef closingOf(Weighting weighting, Normalizer normalizer) {
  if (weighting == Weighting::exp)
    return "attn.softmax";
  return normalizer == Normalizer::sum ? "attn.sum" : "attn.none";
}

LogicalResult GenericBuilder::checkWeighting() {
  Checks checks;
  for (const DeclaredWeighting &one : declared) {
    if (one.weighting == weighting && one.normalizer == normalizer)
      continue;
    InFlightDiagnostic error = emitError(out.getLoc())
                               << "expects to close the chain by `" << stringifyWeighting(one.weighting) << " "
                               << stringifyNormalizer(one.normalizer)
                               << "`, as a variant in it declares, but closes by `" << stringifyWeighting(weighting)
                               << " " << stringifyNormalizer(normalizer) << "`; use "
                               << closingOf(one.weighting, one.normalizer);
    error.attachNote(one.location) << "the weights are declared here";
    checks.add(error);
  }
  return checks;
}

FailureOr<GenericOp> GenericBuilder::create() {
  Checks checks;
  checks.add(checkWeighting());
  if (secondPair) {
    InFlightDiagnostic error = emitError(*secondPair)
                               << "expects to give the only pair region of its chain, but the chain has one already; "
                                  "change what pairs give by a score region";
    error.attachNote(regions[static_cast<unsigned>(RegionKind::pair)]->location) << "the other one is given here";
    checks.add(error);
  }
  if (failed(checks))
    return failure();
  FloatAttr epsilonAttr = epsilon ? out.getF32FloatAttr(static_cast<float>(*epsilon)) : FloatAttr();
  auto integer = [&](std::optional<int64_t> value) { return value ? out.getI64IntegerAttr(*value) : IntegerAttr(); };
  auto generic = GenericOp::create(out, outputType, lseType, finalTypes, weighting, normalizer, epsilonAttr,
                                   integer(power), integer(switchOver), /*weights=*/WeightsOfAttr(), queries, keys,
                                   value, scale, sequences, gates, sink, state, captures,
                                   /*destinations=*/ValueRange());
  if (form)
    generic->setAttr(formAttr, form);
  for (auto [region, to] : llvm::zip_equal(regions, generic->getRegions())) {
    if (!region)
      continue;
    region->addCaptures(captures);
    YieldOp::create(region->builder, out.getLoc(), region->result);
    to.takeBody(region->region);
  }
  return generic;
}
