//===- NNVerify.cpp - the verifiers of nn ops, check by check ---===//

#include "dialect/nn/NN.h"

#include "dialect/attn/Checks.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace attn;
using namespace attn::nn;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

static ShapedType shaped(Value value) { return cast<ShapedType>(value.getType()); }
static ArrayRef<int64_t> shapeOf(Value value) { return shaped(value).getShape(); }
static Type elementOf(Value value) { return shaped(value).getElementType(); }
static ArrayRef<int64_t> weightShape(Value weight) { return cast<WeightType>(weight.getType()).getShape(); }

/// The sizes agree where both are known.
static bool fits(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  return a.size() == b.size() && llvm::all_of(llvm::zip(a, b), [](auto pair) {
           auto [x, y] = pair;
           return x == y || ShapedType::isDynamic(x) || ShapedType::isDynamic(y);
         });
}

/// `shape` is `rows` and then one of `features`.
static bool fitsRows(ArrayRef<int64_t> shape, ArrayRef<int64_t> rows, int64_t features) {
  return !shape.empty() && fits(shape.drop_back(), rows) && shape.back() == features;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

LogicalResult WeightOp::verify() { // (C1)
  StringRef rest = getName();
  if (rest.empty())
    return emitOpError() << "expects a name, but it is empty";
  for (size_t open = rest.find('{'); open != StringRef::npos; open = rest.find('{')) {
    rest = rest.drop_front(open + 1);
    size_t close = rest.find('}');
    if (close == StringRef::npos)
      return emitOpError() << "expects each '{' in a name to be closed, but got '" << getName() << "'";
    StringRef index = rest.take_front(close);
    auto repeat = (*this)->getParentOfType<RepeatOp>();
    // A private function is a part of those that call it, and checked again where it has become one.
    auto function = (*this)->getParentOfType<FunctionOpInterface>();
    if (!repeat && function && function.isPrivate())
      return success();
    if (!repeat || repeat.getIndex() != index)
      return emitOpError() << "expects '{" << index << "}' to name the index of an enclosing nn.repeat, but "
                           << (repeat ? "that is '" + repeat.getIndex().str() + "'" : std::string("there is none"));
    rest = rest.drop_front(close + 1);
  }
  return success();
}

LogicalResult EmbedOp::verify() { // (C1)
  if (weightShape(getTable()).size() != 2 || !elementOf(getTokens()).isInteger(32) ||
      !fitsRows(shapeOf(getResult()), shapeOf(getTokens()), weightShape(getTable())[1]))
    return emitOpError() << "expects tokens (…) of i32 and a table (vocabulary, D) to give (…, D), but got "
                         << getTokens().getType() << " and " << getTable().getType() << " to give "
                         << getResult().getType();
  return verifyNumbers(*this, getResult());
}

/// (…, in) times (out, in) is (…, out).
static LogicalResult verifyProduct(Operation *op, Value input, Value weight, Value result) {
  if (failed(verifyNumbers(op, {input, result})))
    return failure();
  ArrayRef<int64_t> sizes = weightShape(weight), in = shapeOf(input);
  if (sizes.size() != 2)
    return op->emitOpError() << "expects a weight (out, in), but got " << weight.getType();
  if (in.empty() || in.back() != sizes[1])
    return op->emitOpError() << "expects the input to have the weight's " << sizes[1] << " features, but got "
                             << input.getType();
  if (!fitsRows(shapeOf(result), in.drop_back(), sizes[0]))
    return op->emitOpError() << "expects a result with the input's rows and " << sizes[0] << " features, but got "
                             << result.getType();
  return success();
}

static LogicalResult verifyVector(Operation *op, StringRef what, Value vector, int64_t size) {
  if (weightShape(vector) != ArrayRef(size))
    return op->emitOpError() << "expects " << what << " to be !nn.weight<" << size << ">, but got " << vector.getType();
  return success();
}

LogicalResult LinearOp::verify() { // (C1)
  if (failed(verifyProduct(*this, getInput(), getWeight(), getResult())))
    return failure();
  return getBias() ? verifyVector(*this, "the bias", getBias(), weightShape(getWeight())[0]) : success();
}

LogicalResult SwigluOp::verify() { return verifyProduct(*this, getInput(), getGate(), getResult()); } // (C1)

/// Norms: ε is positive (C2), the result has the input's shape (C3).
static LogicalResult verifyNorm(Operation *op, Value input, const APFloat &epsilon, Value result) {
  if (failed(verifyNumbers(op, {input, result})))
    return failure();
  if (shapeOf(input).empty())
    return op->emitOpError() << "expects features to normalise, but got " << input.getType();
  if (!(epsilon.convertToFloat() > 0))
    return op->emitOpError() << "expects a positive epsilon, but got " << epsilon.convertToFloat()
                             << "; a row of equal numbers is divided by its root";
  if (!fits(shapeOf(input), shapeOf(result)))
    return op->emitOpError() << "expects a result of the input's shape, but got " << input.getType() << " and "
                             << result.getType();
  return success();
}

LogicalResult RmsNormOp::verify() {
  if (failed(verifyNorm(*this, getInput(), getEpsilon(), getResult())))
    return failure();
  return verifyVector(*this, "the gain", getGain(), shapeOf(getInput()).back()); // (C1)
}

LogicalResult LayerNormOp::verify() {
  if (failed(verifyNorm(*this, getInput(), getEpsilon(), getResult())))
    return failure();
  int64_t features = shapeOf(getInput()).back();
  if (getGain() && failed(verifyVector(*this, "the gain", getGain(), features))) // (C1)
    return failure();
  return getBias() ? verifyVector(*this, "the bias", getBias(), features) : success(); // (C1)
}

LogicalResult L2NormOp::verify() { return verifyNorm(*this, getInput(), getEpsilon(), getResult()); }

/// `vector` has the size of the last dimension of `input`.
static LogicalResult verifyWithVector(Operation *op, Value input, Value vector) {
  if (failed(verifyNumbers(op, input)))
    return failure();
  if (shapeOf(input).empty())
    return op->emitOpError() << "expects features, but got " << input.getType();
  return verifyVector(op, "the vector", vector, shapeOf(input).back());
}

LogicalResult AddVectorOp::verify() { return verifyWithVector(*this, getInput(), getVector()); } // (C1)
LogicalResult MulVectorOp::verify() { return verifyWithVector(*this, getInput(), getVector()); } // (C1)

//===----------------------------------------------------------------------===//
// The generic form of linear layers
//===----------------------------------------------------------------------===//

/// The features of a contraction's input, quantised or not; 0 where its type cannot be an input.
static int64_t contractedFeatures(Value input) {
  ArrayRef<int64_t> shape = shapeOf(input);
  if (!elementOf(input).isInteger(8))
    return isNumber(elementOf(input)) && !shape.empty() ? shape.back() : 0;
  return shape.size() >= 2 && shape.back() == kBlockBytes ? shape[shape.size() - 2] * kBlockElements : 0;
}

LogicalResult ContractOp::verify() {
  if (getWeights().empty())
    return emitOpError() << "expects at least one weight";
  ArrayRef<int64_t> sizes = weightShape(getWeights().front());
  for (Value weight : getWeights()) // (C1)
    if (sizes.size() != 2 || weightShape(weight) != sizes)
      return emitOpError() << "expects all weights to be (out, in) alike, but got " << getWeights().front().getType()
                           << " and " << weight.getType();
  if (contractedFeatures(getInput()) != sizes[1]) // (C1)
    return emitOpError() << "expects an input of " << sizes[1] << " features, or of " << sizes[1] / kBlockElements
                         << "x" << kBlockBytes << "xi8 quantised, but got " << getInput().getType();
  if (!getResult() == !getDestination())
    return emitOpError() << "expects either a result or a destination";
  Value output = getResult() ? Value(getResult()) : Value(getDestination());
  ArrayRef<int64_t> rows = shapeOf(getInput()).drop_back(elementOf(getInput()).isInteger(8) ? 2 : 1);
  for (Value value : llvm::concat<Value>(SmallVector<Value>{output}, SmallVector<Value>(getExtras()))) // (C1)
    if (!fitsRows(shapeOf(value), rows, sizes[0]))
      return emitOpError() << "expects result and extras to have the input's rows and " << sizes[0]
                           << " features, but got " << value.getType();
  if (failed(verifyNumbers(*this, output)) || failed(verifyNumbers(*this, getExtras()))) // (C1)
    return failure();
  for (Value vector : getVectors()) // (C1)
    if (failed(verifyVector(*this, "each vector", vector, sizes[0])))
      return failure();

  Block &body = getEpilogue().front(); // (C2)
  size_t expected = getWeights().size() + getExtras().size() + getVectors().size();
  if (body.getNumArguments() != expected ||
      llvm::any_of(body.getArgumentTypes(), [](Type type) { return !type.isF32(); }))
    return emitOpError() << "expects an epilogue on " << expected
                         << " scalars of f32: accumulators, extras, vectors; but it has " << body.getNumArguments()
                         << " arguments";
  for (Operation &op : body.without_terminator())
    if (!isMemoryEffectFree(&op) || op.getNumRegions() ||
        llvm::any_of(op.getResultTypes(), [](Type type) { return !type.isIntOrIndexOrFloat(); }))
      return op.emitOpError() << "cannot stand in an epilogue, which holds only scalar ops without effects";
  auto yield = dyn_cast<YieldOp>(body.back());
  if (!yield || yield.getValues().size() != 1 || !yield.getValues()[0].getType().isF32())
    return emitOpError() << "expects the epilogue to yield one f32";
  for (Operation &scalar : body) // (C2)
    for (Value operand : scalar.getOperands())
      if (operand.getParentRegion() != &getEpilogue()) {
        InFlightDiagnostic error = emitOpError() << "expects its epilogue to use only its own values, but '"
                                                 << scalar.getName() << "' uses one from outside";
        error.attachNote(operand.getLoc()) << "make a constant inside, or give what varies as an extra or a vector";
        return error;
      }
  return success();
}

//===----------------------------------------------------------------------===//
// Row-wise ops
//===----------------------------------------------------------------------===//

LogicalResult CastOp::verify() { return verifyNumbers(*this, {getInput(), getResult()}); }

LogicalResult QuantizeOp::verify() { // (C1)
  ArrayRef<int64_t> in = shapeOf(getInput()), out = shapeOf(getResult());
  if (in.empty() || !elementOf(getInput()).isF32() || ShapedType::isDynamic(in.back()) || in.back() % kBlockElements)
    return emitOpError() << "expects f32 rows of a multiple of " << kBlockElements << " features, but got "
                         << getInput().getType();
  if (!elementOf(getResult()).isInteger(8) || out.size() != in.size() + 1 || out.back() != kBlockBytes ||
      !fitsRows(out.drop_back(), in.drop_back(), in.back() / kBlockElements))
    return emitOpError() << "expects a result of (…, " << in.back() / kBlockElements << ", " << kBlockBytes
                         << ") of i8, but got " << getResult().getType();
  return success();
}

LogicalResult ArgmaxOp::verify() { // (C1)
  if (failed(verifyNumbers(*this, getInput())))
    return failure();
  if (shapeOf(getInput()).empty() || !elementOf(getIndices()).isInteger(32) ||
      !fits(shapeOf(getInput()).drop_back(), shapeOf(getIndices())))
    return emitOpError() << "expects a result of i32 with the input's rows, but got " << getInput().getType() << " and "
                         << getIndices().getType();
  return success();
}

LogicalResult TopKOp::verify() { // (C1)
  if (failed(verifyNumbers(*this, getInput())))
    return failure();
  ArrayRef<int64_t> in = shapeOf(getInput()), values = shapeOf(getValues());
  int64_t k = values.empty() ? ShapedType::kDynamic : values.back();
  if (in.empty() || ShapedType::isDynamic(k) || k < 1 || (!ShapedType::isDynamic(in.back()) && k > in.back()))
    return emitOpError() << "expects 1 <= k <= the input's features, but got " << getInput().getType() << " and "
                         << getValues().getType();
  if (!fitsRows(values, in.drop_back(), k) || !fitsRows(shapeOf(getIndices()), in.drop_back(), k) ||
      elementOf(getValues()) != elementOf(getInput()) || !elementOf(getIndices()).isInteger(32))
    return emitOpError() << "expects values of the input's type and indices of i32, both with its rows and " << k
                         << " features, but got " << getValues().getType() << " and " << getIndices().getType();
  return success();
}

LogicalResult AddPositionsOp::verify() {
  ArrayRef<int64_t> table = weightShape(getTable()), in = shapeOf(getInput());
  if (table.size() != 2 || in.empty() || in.back() != table[1]) // (C1)
    return emitOpError() << "expects a table (positions, " << (in.empty() ? 0 : in.back()) << "), but got "
                         << getTable().getType();
  Operation *sequences = getSequences() ? getSequences().getDefiningOp() : nullptr;
  if (in.size() != (isa_and_nonnull<PackedOp>(sequences) ? 2 : 3)) // (C2)
    return emitOpError() << "expects rows (n, T, D), or (rows, D) at attn.packed, but got " << getInput().getType();
  return verifyNumbers(*this, getInput());
}

LogicalResult PoolOp::verify() { // (C1)
  ArrayRef<int64_t> in = shapeOf(getInput());
  if (in.size() != 3 || !fits(shapeOf(getResult()), {in[0], in[2]}) || elementOf(getResult()) != elementOf(getInput()))
    return emitOpError() << "expects an input (n, T, D) and a result (n, D) of one type, but got "
                         << getInput().getType() << " and " << getResult().getType();
  Value lengths = getLengths();
  if (lengths &&
      (shapeOf(lengths).size() != 1 || !elementOf(lengths).isInteger(32) || !fits(shapeOf(lengths), in.take_front())))
    return emitOpError() << "expects lengths (n) of i32, but got " << lengths.getType();
  return verifyNumbers(*this, getInput());
}

LogicalResult PrependOp::verify() { // (C1)
  ArrayRef<int64_t> in = shapeOf(getInput()), out = shapeOf(getResult());
  if (in.size() != 3 || ShapedType::isDynamic(in[1]) || !fits(out, {in[0], in[1] + 1, in[2]}) ||
      elementOf(getResult()) != elementOf(getInput()))
    return emitOpError() << "expects (n, T, D) with static T to give (n, T + 1, D), but got " << getInput().getType()
                         << " and " << getResult().getType();
  if (failed(verifyNumbers(*this, getInput())))
    return failure();
  return verifyVector(*this, "the row", getRow(), in[2]);
}

LogicalResult PatchifyOp::verify() {
  ArrayRef<int64_t> in = shapeOf(getImages());
  int64_t size = getSize();
  if (size <= 0 || in.size() != 4 || ShapedType::isDynamicShape(in.drop_front()) || in[2] % size ||
      in[3] % size) // (C1)
    return emitOpError() << "expects images (n, c, height, width) of multiples of the patch's size, but got "
                         << getImages().getType() << " and " << size;
  int64_t patches = in[2] / size * (in[3] / size), features = in[1] * size * size;
  if (!fits(shapeOf(getPatches()), {in[0], patches, features}) ||
      elementOf(getPatches()) != elementOf(getImages())) // (C2)
    return emitOpError() << "expects a result (n, " << patches << ", " << features << ") of the images' type, but got "
                         << getPatches().getType();
  return verifyNumbers(*this, getImages());
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

/// Both tensors or both memrefs, of one element type.
static LogicalResult verifySameData(Operation *op, Value input, Value result) {
  if (isa<MemRefType>(input.getType()) != isa<MemRefType>(result.getType()) || elementOf(input) != elementOf(result))
    return op->emitOpError() << "expects tensors or memrefs of one element type, but got " << input.getType() << " and "
                             << result.getType();
  return success();
}

/// The shape with another size at `axis`.
static SmallVector<int64_t> withSize(ArrayRef<int64_t> shape, int64_t axis, int64_t size) {
  SmallVector<int64_t> changed(shape);
  changed[axis] = size;
  return changed;
}

LogicalResult SliceOp::verify() {
  ArrayRef<int64_t> in = shapeOf(getInput()), out = shapeOf(getResult());
  int64_t axis = getAxis(), offset = getOffset();
  if (axis < 0 || axis >= static_cast<int64_t>(in.size()) || in.size() != out.size() ||
      ShapedType::isDynamic(in[axis]) || !fits(out, withSize(in, axis, out[axis]))) // (C1)
    return emitOpError() << "expects to change one static size, that of axis " << axis << ", but got "
                         << getInput().getType() << " and " << getResult().getType();
  if (ShapedType::isDynamic(out[axis]) || out[axis] < 1 || offset < 0 || offset + out[axis] > in[axis]) // (C1)
    return emitOpError() << "expects a range inside the " << in[axis] << " of axis " << axis << ", but got one from "
                         << offset << " in " << getResult().getType();
  return verifySameData(*this, getInput(), getResult()); // (C2)
}

LogicalResult TransposeOp::verify() {
  ArrayRef<int64_t> in = shapeOf(getInput()), order = getOrder();
  SmallVector<int64_t> expected, sorted(order);
  llvm::sort(sorted);
  if (sorted.size() != in.size() || !llvm::equal(sorted, llvm::seq<int64_t>(in.size()))) // (C1)
    return emitOpError() << "expects a permutation of " << in.size() << " dimensions, but got [" << order << "]";
  for (int64_t d : order)
    expected.push_back(in[d]);
  if (!fits(shapeOf(getResult()), expected)) // (C1)
    return emitOpError() << "expects the input's sizes in the order [" << order << "], but got " << getInput().getType()
                         << " and " << getResult().getType();
  return verifySameData(*this, getInput(), getResult()); // (C2)
}

LogicalResult ConcatOp::verify() {
  ArrayRef<int64_t> out = shapeOf(getResult());
  int64_t axis = getAxis(), sum = 0;
  if (getInputs().empty() || axis < 0 || axis >= static_cast<int64_t>(out.size()))
    return emitOpError() << "expects inputs and an axis of " << getResult().getType() << ", but got axis " << axis;
  for (Value input : getInputs()) {
    ArrayRef<int64_t> in = shapeOf(input);
    if (in.size() != out.size() || ShapedType::isDynamic(in[axis]) || !fits(withSize(in, axis, out[axis]), out) ||
        elementOf(input) != elementOf(getResult())) // (C1) (C2)
      return emitOpError() << "expects inputs like the result but for a static size of axis " << axis << ", but got "
                           << input.getType() << " and " << getResult().getType();
    sum += in[axis];
  }
  if (sum != out[axis]) // (C1)
    return emitOpError() << "expects " << sum << " along axis " << axis << ", the sum of its inputs, but got "
                         << getResult().getType();
  return success();
}

/// `whole` is (…, H·d), `heads` (…, H, d).
static LogicalResult verifyHeads(Operation *op, Value whole, Value heads) {
  ArrayRef<int64_t> one = shapeOf(whole), two = shapeOf(heads);
  if (two.size() < 2 || one.size() + 1 != two.size() || !fits(one.drop_back(), two.drop_back(2)) ||
      ShapedType::isDynamic(two[two.size() - 2]) || ShapedType::isDynamic(two.back()) ||
      one.back() != two[two.size() - 2] * two.back()) // (C1)
    return op->emitOpError() << "expects (…, H·d) and (…, H, d) with static H and d, but got " << whole.getType()
                             << " and " << heads.getType();
  return verifySameData(op, whole, heads); // (C2)
}

LogicalResult SplitHeadsOp::verify() { return verifyHeads(*this, getInput(), getResult()); }

LogicalResult MergeHeadsOp::verify() {
  if (failed(verifyHeads(*this, getResult(), getInput())))
    return failure();
  auto buffer = dyn_cast<MemRefType>(getInput().getType());
  if (buffer && !buffer.getLayout().isIdentity()) // (C3)
    return emitOpError() << "expects heads that stand side by side, but got " << buffer << "; copy it first";
  return success();
}

//===----------------------------------------------------------------------===//
// Repeats
//===----------------------------------------------------------------------===//

/// The same buffer or tensor, whatever its layout.
static bool sameData(Type a, Type b) {
  auto left = dyn_cast<ShapedType>(a), right = dyn_cast<ShapedType>(b);
  return left && right && isa<MemRefType>(a) == isa<MemRefType>(b) && left.getShape() == right.getShape() &&
         left.getElementType() == right.getElementType();
}

LogicalResult RepeatOp::verify() {
  if (getCount() <= 0) // (C2)
    return emitOpError() << "expects a positive count, but got " << getCount();
  if ((*this)->getParentOfType<RepeatOp>()) // (C4)
    return emitOpError() << "cannot stand inside another nn.repeat; unroll one of them";

  SmallVector<Type> expected(getCarried().getTypes());
  for (Value sliced : getSliced()) {
    Type type = sliced.getType();
    bool hasLayers = isHandle(type) && dataShape(type).front() == static_cast<int64_t>(getCount()) &&
                     (isa<StateType>(type) || dataShape(type).size() == 5);
    if (!hasLayers) // (C2)
      return emitOpError() << "expects to slice caches and states with a leading dimension of " << getCount()
                           << ", but got " << type;
    expected.push_back(layerOfHandle(type));
  }
  TypeRange arguments = getBody().front().getArgumentTypes();
  if (arguments.size() != expected.size()) // (C1)
    return emitOpError() << "expects a body with " << expected.size()
                         << " arguments, carried values then slices, but it has " << arguments.size();
  for (auto [index, argument] : llvm::enumerate(arguments))
    if (argument != expected[index] && !sameData(argument, expected[index])) // (C1)
      return emitOpError() << "expects argument " << index << " of its body to be " << expected[index] << ", but it is "
                           << argument;

  bool inPlace = llvm::any_of(getCarried().getTypes(), llvm::IsaPred<MemRefType>);
  TypeRange given = inPlace ? TypeRange() : TypeRange(getCarried().getTypes());
  if (auto yield = cast<YieldOp>(getBody().front().back()); yield.getValues().getTypes() != given) // (C3)
    return yield.emitOpError() << (inPlace ? "expects no values: carried memrefs are updated in place"
                                           : "expects the values to be of the carried types");
  if (getResults().getTypes() != given) // (C3)
    return emitOpError() << (inPlace ? "expects no results: carried memrefs are updated in place"
                                     : "expects results of the carried types");
  return success();
}
