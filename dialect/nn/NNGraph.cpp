//===- NNGraph.cpp - the verifiers of nn.generic and nn.choose, check by check ---===//

#include "dialect/nn/NN.h"

#include "dialect/attn/Checks.h"

using namespace mlir;
using namespace attn;
using namespace attn::nn;

//===----------------------------------------------------------------------===//
// nn.generic
//===----------------------------------------------------------------------===//

ShapedType nn::GenericOp::getOutputType() {
  Value output = getResult() ? Value(getResult()) : Value(getDestination());
  return cast<ShapedType>(output.getType());
}

ArrayRef<int64_t> nn::GenericOp::getInputShape(unsigned input) {
  Type type = getInputs()[input].getType();
  auto weight = dyn_cast<WeightType>(type);
  return weight ? weight.getShape() : cast<ShapedType>(type).getShape();
}

std::optional<nn::GenericOp::Dimension> nn::GenericOp::findIndexedAlone(unsigned loop, bool dynamic) {
  for (unsigned input = 0, e = getInputs().size(); input != e; ++input)
    for (auto [dimension, index] : llvm::enumerate(getMap(input).getResults()))
      if (auto alone = dyn_cast<AffineDimExpr>(index); alone && alone.getPosition() == loop)
        if (!dynamic || ShapedType::isDynamic(getInputShape(input)[dimension]))
          return Dimension{input, static_cast<unsigned>(dimension)};
  return std::nullopt;
}

/// What stands in the region for an element of this type; null for one that cannot (C5).
static Type scalarFor(Type type) {
  if (isa<WeightType>(type))
    return Float32Type::get(type.getContext());
  Type element = cast<ShapedType>(type).getElementType();
  if (element.isF32() || element.isBF16() || element.isF16())
    return Float32Type::get(type.getContext());
  return element.isInteger(32) || element.isInteger(1) ? element : Type();
}

/// (C1)
static LogicalResult verifyMaps(nn::GenericOp op) {
  if (op.getMaps().empty() || op.getMaps().size() != op.getInputs().size())
    return op.emitOpError() << "expects a map for each of its inputs, at least one, but got " << op.getMaps().size()
                            << " for " << op.getInputs().size() << " inputs; write a map for each";
  Checks checks;
  for (unsigned input = 0, e = op.getInputs().size(); input != e; ++input) {
    AffineMap map = op.getMap(input);
    if (map.getNumSymbols() || map.getNumDims() != op.getNumLoops() ||
        map.getNumResults() != op.getInputShape(input).size())
      checks.add(op.emitOpError() << "expects map " << input << " to take " << op.getNumLoops()
                                  << " loops without symbols to the " << op.getInputShape(input).size()
                                  << " dimensions of its input, but got " << AffineMapAttr::get(map)
                                  << "; write such a map");
  }
  return checks;
}

/// (C3) of the region's signature, with as many loops as the result asks for.
static LogicalResult verifySignature(nn::GenericOp op) {
  Type i32 = IntegerType::get(op.getContext(), 32), element = scalarFor(op.getOutputType());
  SmallVector<Type> expected;
  for (Type type : op.getInputs().getTypes())
    expected.push_back(scalarFor(type));
  if (op.getInit())
    expected.push_back(element);
  expected.append(op.getNumLoops(), i32);
  if (llvm::is_contained(expected, Type()) || !element) // (C5)
    return op.emitOpError() << "expects elements of f32, bf16, f16, i32 or i1, but got inputs of ("
                            << op.getInputs().getTypes() << ") and an output of " << op.getOutputType()
                            << "; give one of these";
  Block &body = op.getBody().front();
  auto yield = dyn_cast<nn::YieldOp>(body.back());
  if (TypeRange(body.getArgumentTypes()) != TypeRange(expected) || !yield ||
      yield.getValues().getTypes() != TypeRange(element) || (op.getInit() && op.getInit()->getType() != element))
    return op.emitOpError() << "expects a region on an element of each input, the accumulator where there are "
                            << "reductions, and " << op.getNumLoops() << " indices of i32, (" << expected
                            << "), which yields one " << element << ", but got (" << body.getArgumentTypes() << ") and "
                            << (yield ? TypeRange(yield.getValues().getTypes()) : TypeRange()) << "; write these";
  return success();
}

LogicalResult nn::GenericOp::verify() {
  Checks checks;
  for (Operation &scalar : getBody().front().without_terminator()) // (C3)
    if (!isMemoryEffectFree(&scalar) || scalar.getNumRegions() ||
        llvm::any_of(scalar.getResultTypes(), [](Type type) { return !type.isIntOrFloat(); }))
      checks.add(scalar.emitOpError() << "cannot stand in nn.generic, whose region holds only scalar ops without "
                                         "effects; compute it outside and take it as an input");
  LogicalResult maps = verifyMaps(*this);
  checks.add(maps);
  if (!getResult() == !getDestination()) {
    checks.add(emitOpError() << "expects either a result or a destination, but got "
                             << (getResult() ? "both; leave out the destination" : "neither; give a result"));
    return checks;
  }
  if (failed(maps))
    return checks;
  int64_t rank = getOutputType().getRank();
  if (getNumLoops() < rank || getInit().has_value() != (getNumLoops() > rank)) { // (C2)
    checks.add(emitOpError() << "expects " << rank << " loops for its result, and more where `init` begins a "
                             << "reduction, but got " << getNumLoops() << (getInit() ? " with" : " without")
                             << " `init`; give `init` where loops are summed over, and only there");
    return checks;
  }
  for (unsigned loop = rank; loop < getNumLoops(); ++loop)
    if (!findIndexedAlone(loop)) // (C4)
      checks.add(emitOpError() << "expects reduction " << loop
                               << " to be the whole index of a dimension of an input, which gives it its size; index a "
                                  "dimension by it alone");
  checks.add(verifySignature(*this)); // (C3), (C5)
  return checks;
}

//===----------------------------------------------------------------------===//
// nn.choose
//===----------------------------------------------------------------------===//

LogicalResult ChooseOp::verify() {
  Checks checks;
  if (cast<ShapedType>(getFlag().getType()).getShape()[0] != 1) // (C2)
    checks.add(emitOpError() << "expects a flag of one i32, but got " << getFlag().getType()
                             << "; choose an element before");
  if (getCases().size() < 2) // (C1)
    checks.add(emitOpError() << "expects at least two cases, but got " << getCases().size()
                             << "; leave the choice out where there is one");
  bool isBufferized = isa<MemRefType>(getFlag().getType());
  for (Region &region : getCases()) {
    auto yield = cast<YieldOp>(region.front().getTerminator());
    if (region.getNumArguments() || (!isBufferized && yield.getValues().getTypes() != getResultTypes())) // (C1)
      checks.add(emitOpError() << "expects cases without arguments that yield " << getResultTypes() << ", but got "
                               << yield.getValues().getTypes() << "; yield these types in each case");
    region.walk([&](Operation *op) {
      if (isa<RepeatOp, ChooseOp, AppendOp>(op)) // (C3)
        checks.add(op->emitOpError() << "cannot stand in a case of nn.choose; put it before or after");
    });
  }
  return checks;
}
