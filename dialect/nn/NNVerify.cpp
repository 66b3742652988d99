//===- NNVerify.cpp - the verifiers of nn ops, check by check ---===//

#include "dialect/nn/NN.h"

#include "dialect/attn/Checks.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/SmallPtrSet.h"

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
    return emitOpError() << "expects a name, but it is empty; write that of the tensor that it is bound to";
  Checks checks;
  for (size_t open = rest.find('{'); open != StringRef::npos; open = rest.find('{')) {
    rest = rest.drop_front(open + 1);
    size_t close = rest.find('}');
    if (close == StringRef::npos) {
      checks.add(emitOpError() << "expects each '{' in a name to be closed, but got '" << getName()
                               << "'; write '}' behind the index");
      break;
    }
    StringRef index = rest.take_front(close);
    auto repeat = (*this)->getParentOfType<RepeatOp>();
    // A private function is a part of those that call it, and checked again where it has become one.
    auto function = (*this)->getParentOfType<FunctionOpInterface>();
    bool isOfCallers = !repeat && function && function.isPrivate();
    if (!isOfCallers && (!repeat || repeat.getIndex() != index))
      checks.add(emitOpError() << "expects '{" << index << "}' to name the index of an enclosing nn.repeat, but "
                               << (repeat ? "that is '" + repeat.getIndex().str() + "'" : std::string("there is none"))
                               << "; write the index of the nn.repeat around it, or no braces");
    rest = rest.drop_front(close + 1);
  }
  return checks;
}

LogicalResult EmbedOp::verify() { // (C1)
  Checks checks;
  checks.add(verifyNumbers(*this, getResult()));
  if (weightShape(getTable()).size() != 2 || !elementOf(getTokens()).isInteger(32) ||
      !fitsRows(shapeOf(getResult()), shapeOf(getTokens()), weightShape(getTable())[1]))
    checks.add(emitOpError() << "expects tokens (…) of i32 and a table (vocabulary, D) to give (…, D), but got "
                             << getTokens().getType() << " and " << getTable().getType() << " to give "
                             << getResult().getType()
                             << "; give the result the tokens' sizes and then the width of the table");
  return checks;
}

/// (…, in) times (out, in) is (…, out).
static LogicalResult verifyProduct(Operation *op, Value input, Value weight, Value result) {
  Checks checks;
  checks.add(verifyNumbers(op, {input, result}));
  ArrayRef<int64_t> sizes = weightShape(weight), in = shapeOf(input);
  if (sizes.size() != 2) {
    checks.add(op->emitOpError() << "expects a weight (out, in), but got " << weight.getType() << "; write both sizes");
    return checks;
  }
  if (in.empty() || in.back() != sizes[1])
    checks.add(op->emitOpError() << "expects the input to have the weight's " << sizes[1] << " features, but got "
                                 << input.getType() << "; make them one");
  if (!in.empty() && !fitsRows(shapeOf(result), in.drop_back(), sizes[0]))
    checks.add(op->emitOpError() << "expects a result with the input's rows and " << sizes[0] << " features, but got "
                                 << result.getType() << "; give the result these sizes");
  return checks;
}

static LogicalResult verifyVector(Operation *op, StringRef what, Value vector, int64_t size) {
  if (weightShape(vector) != ArrayRef(size))
    return op->emitOpError() << "expects " << what << " to be !nn.weight<" << size << ">, but got " << vector.getType()
                             << "; give it that size";
  return success();
}

LogicalResult LinearOp::verify() { // (C1)
  Checks checks;
  checks.add(verifyProduct(*this, getInput(), getWeight(), getResult()));
  if (getBias() && weightShape(getWeight()).size() == 2)
    checks.add(verifyVector(*this, "the bias", getBias(), weightShape(getWeight())[0]));
  return checks;
}

LogicalResult SwigluOp::verify() { return verifyProduct(*this, getInput(), getGate(), getResult()); } // (C1)

/// Norms: ε is positive (C2), the result has the input's shape (C3).
static LogicalResult verifyNorm(Operation *op, Value input, const APFloat &epsilon, Value result) {
  Checks checks;
  checks.add(verifyNumbers(op, {input, result}));
  if (shapeOf(input).empty())
    checks.add(op->emitOpError() << "expects features to normalise, but got " << input.getType()
                                 << "; give it a dimension of 1");
  if (!(epsilon.convertToFloat() > 0))
    checks.add(op->emitOpError() << "expects a positive epsilon, but got " << epsilon.convertToFloat()
                                 << "; a row of equal numbers is divided by its root: write a small one, as 1.0e-6");
  if (!fits(shapeOf(input), shapeOf(result)))
    checks.add(op->emitOpError() << "expects a result of the input's shape, but got " << input.getType() << " and "
                                 << result.getType() << "; make them one");
  return checks;
}

/// (C1): `vector`, where there is one, has the size of the last dimension of `input`, where there is one.
static LogicalResult verifyOfFeatures(Operation *op, StringRef what, Value vector, Value input) {
  return vector && !shapeOf(input).empty() ? verifyVector(op, what, vector, shapeOf(input).back()) : success();
}

LogicalResult RmsNormOp::verify() {
  Checks checks;
  checks.add(verifyNorm(*this, getInput(), getEpsilon(), getResult()));
  checks.add(verifyOfFeatures(*this, "the gain", getGain(), getInput()));
  return checks;
}

LogicalResult LayerNormOp::verify() {
  Checks checks;
  checks.add(verifyNorm(*this, getInput(), getEpsilon(), getResult()));
  checks.add(verifyOfFeatures(*this, "the gain", getGain(), getInput()));
  checks.add(verifyOfFeatures(*this, "the bias", getBias(), getInput()));
  return checks;
}

LogicalResult L2NormOp::verify() { return verifyNorm(*this, getInput(), getEpsilon(), getResult()); }

/// `vector` has the size of the last dimension of `input`.
static LogicalResult verifyWithVector(Operation *op, Value input, Value vector) {
  Checks checks;
  checks.add(verifyNumbers(op, input));
  if (shapeOf(input).empty())
    checks.add(op->emitOpError() << "expects features, but got " << input.getType() << "; give it a dimension of 1");
  checks.add(verifyOfFeatures(op, "the vector", vector, input));
  return checks;
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

/// (C1) of what has the input's rows and `features` features: the result or destination, and the extras.
static LogicalResult verifyOutputs(ContractOp op, Value output, int64_t features) {
  Checks checks;
  SmallVector<Value> values{output};
  llvm::append_range(values, op.getExtras());
  checks.add(verifyNumbers(op, values));
  if (contractedFeatures(op.getInput()) == 0)
    return checks;
  ArrayRef<int64_t> rows = shapeOf(op.getInput()).drop_back(elementOf(op.getInput()).isInteger(8) ? 2 : 1);
  for (Value value : values)
    if (!fitsRows(shapeOf(value), rows, features))
      checks.add(op.emitOpError() << "expects result and extras to have the input's rows and " << features
                                  << " features, but got " << value.getType() << "; give it these sizes");
  return checks;
}

/// (C2)
static LogicalResult verifyEpilogue(ContractOp op) {
  Checks checks;
  Block &body = op.getEpilogue().front();
  size_t expected = op.getWeights().size() + op.getExtras().size() + op.getVectors().size();
  if (body.getNumArguments() != expected ||
      llvm::any_of(body.getArgumentTypes(), [](Type type) { return !type.isF32(); }))
    checks.add(op.emitOpError() << "expects an epilogue on " << expected
                                << " scalars of f32: accumulators, extras, vectors; but it has "
                                << body.getNumArguments() << " arguments"
                                << "; write one argument of f32 for each");
  auto yield = dyn_cast<nn::YieldOp>(body.back());
  if (!yield || yield.getValues().size() != 1 || !yield.getValues()[0].getType().isF32())
    checks.add(op.emitOpError() << "expects the epilogue to yield one f32; end it with nn.yield of one f32");
  llvm::SmallPtrSet<Value, 4> strangers; // each is said once
  for (Operation &scalar : body) {
    if (&scalar != &body.back() &&
        (!isMemoryEffectFree(&scalar) || scalar.getNumRegions() ||
         llvm::any_of(scalar.getResultTypes(), [](Type type) { return !type.isIntOrIndexOrFloat(); }))) {
      checks.add(scalar.emitOpError() << "cannot stand in an epilogue, which holds only scalar ops without effects; "
                                         "compute it outside and take it as an extra or a vector");
      continue;
    }
    for (Value operand : scalar.getOperands())
      if (operand.getParentRegion() != &op.getEpilogue() && strangers.insert(operand).second) {
        InFlightDiagnostic error =
            op.emitOpError()
            << "expects its epilogue to use only its own values, but '" << scalar.getName()
            << "' uses one from outside; make a constant inside, or take what varies as an extra or a vector";
        error.attachNote(operand.getLoc()) << "make a constant inside, or give what varies as an extra or a vector";
        checks.add(error);
      }
  }
  return checks;
}

LogicalResult ContractOp::verify() {
  Checks checks;
  checks.add(verifyEpilogue(*this));
  if (!getResult() == !getDestination())
    checks.add(emitOpError() << "expects either a result or a destination, but got "
                             << (getResult() ? "both; leave out the destination" : "neither; give a result"));
  if (getWeights().empty()) {
    checks.add(emitOpError() << "expects at least one weight; give one");
    return checks;
  }
  ArrayRef<int64_t> sizes = weightShape(getWeights().front());
  for (Value weight : getWeights().take_front(sizes.size() == 2 ? getWeights().size() : 1)) // (C1)
    if (sizes.size() != 2 || weightShape(weight) != sizes)
      checks.add(emitOpError() << "expects all weights to be (out, in) alike, but got "
                               << getWeights().front().getType() << " and " << weight.getType() << "; make them one");
  if (sizes.size() != 2)
    return checks;
  if (contractedFeatures(getInput()) != sizes[1]) // (C1)
    checks.add(emitOpError() << "expects an input of " << sizes[1] << " features, or of " << sizes[1] / kBlockElements
                             << "x" << kBlockBytes << "xi8 quantised, but got " << getInput().getType()
                             << "; make them one");
  for (Value vector : getVectors()) // (C1)
    checks.add(verifyVector(*this, "each vector", vector, sizes[0]));
  if (!getResult() != !getDestination())
    checks.add(verifyOutputs(*this, getResult() ? Value(getResult()) : Value(getDestination()), sizes[0]));
  return checks;
}

//===----------------------------------------------------------------------===//
// Row-wise ops
//===----------------------------------------------------------------------===//

LogicalResult CastOp::verify() { return verifyNumbers(*this, {getInput(), getResult()}); }

LogicalResult QuantizeOp::verify() { // (C1)
  ArrayRef<int64_t> in = shapeOf(getInput()), out = shapeOf(getResult());
  if (in.empty() || !elementOf(getInput()).isF32() || ShapedType::isDynamic(in.back()) || in.back() % kBlockElements)
    // The result is told by it.
    return emitOpError() << "expects f32 rows of a multiple of " << kBlockElements << " features, but got "
                         << getInput().getType() << "; cast them by nn.cast and choose such a width";
  if (!elementOf(getResult()).isInteger(8) || out.size() != in.size() + 1 || out.back() != kBlockBytes ||
      !fitsRows(out.drop_back(), in.drop_back(), in.back() / kBlockElements))
    return emitOpError() << "expects a result of (…, " << in.back() / kBlockElements << ", " << kBlockBytes
                         << ") of i8, but got " << getResult().getType() << "; give the result these sizes, and i8";
  return success();
}

LogicalResult ArgmaxOp::verify() { // (C1)
  Checks checks;
  checks.add(verifyNumbers(*this, getInput()));
  if (shapeOf(getInput()).empty() || !elementOf(getIndices()).isInteger(32) ||
      !fits(shapeOf(getInput()).drop_back(), shapeOf(getIndices())))
    checks.add(emitOpError() << "expects a result of i32 with the input's rows, but got " << getInput().getType()
                             << " and " << getIndices().getType()
                             << "; give the result the input's sizes but for the last");
  return checks;
}

LogicalResult TopKOp::verify() { // (C1)
  Checks checks;
  checks.add(verifyNumbers(*this, getInput()));
  ArrayRef<int64_t> in = shapeOf(getInput()), values = shapeOf(getValues());
  int64_t k = values.empty() ? ShapedType::kDynamic : values.back();
  bool isCount = !in.empty() && !ShapedType::isDynamic(k) && k >= 1;
  if (!isCount || (!ShapedType::isDynamic(in.back()) && k > in.back()))
    checks.add(emitOpError() << "expects 1 <= k <= the input's features, but got " << getInput().getType() << " and "
                             << getValues().getType() << "; choose a k in that range as the last size of the results");
  if (!isCount)
    return checks;
  if (!fitsRows(values, in.drop_back(), k) || !fitsRows(shapeOf(getIndices()), in.drop_back(), k) ||
      elementOf(getValues()) != elementOf(getInput()) || !elementOf(getIndices()).isInteger(32))
    checks.add(emitOpError() << "expects values of the input's type and indices of i32, both with its rows and " << k
                             << " features, but got " << getValues().getType() << " and " << getIndices().getType()
                             << "; give them these types");
  return checks;
}

LogicalResult AddPositionsOp::verify() {
  ArrayRef<int64_t> table = weightShape(getTable()), in = shapeOf(getInput());
  Checks checks;
  checks.add(verifyNumbers(*this, getInput()));
  if (table.size() != 2 || in.empty() || in.back() != table[1]) // (C1)
    checks.add(emitOpError() << "expects a table (positions, " << (in.empty() ? 0 : in.back()) << "), but got "
                             << getTable().getType() << "; make the width of both one");
  Operation *sequences = getSequences() ? getSequences().getDefiningOp() : nullptr;
  bool isPacked = isa_and_nonnull<PackedOp>(sequences);
  if (in.size() != (isPacked ? 2 : 3)) // (C2)
    checks.add(emitOpError() << "expects rows (n, T, D), or (rows, D) at attn.packed, but got " << getInput().getType()
                             << (isPacked ? "; put the rows of all sequences end to end"
                                          : "; say by attn.packed where sequences begin"));
  return checks;
}

LogicalResult PoolOp::verify() { // (C1)
  ArrayRef<int64_t> in = shapeOf(getInput());
  Checks checks;
  checks.add(verifyNumbers(*this, getInput()));
  if (in.size() != 3 || !fits(shapeOf(getResult()), {in[0], in[2]}) || elementOf(getResult()) != elementOf(getInput()))
    checks.add(emitOpError() << "expects an input (n, T, D) and a result (n, D) of one type, but got "
                             << getInput().getType() << " and " << getResult().getType()
                             << "; give the result the input's sizes without T");
  Value lengths = getLengths();
  if (lengths && (shapeOf(lengths).size() != 1 || !elementOf(lengths).isInteger(32) ||
                  (in.size() == 3 && !fits(shapeOf(lengths), in.take_front()))))
    checks.add(emitOpError() << "expects lengths (n) of i32, but got " << lengths.getType()
                             << "; give one i32 for each sequence");
  return checks;
}

LogicalResult PrependOp::verify() { // (C1)
  ArrayRef<int64_t> in = shapeOf(getInput()), out = shapeOf(getResult());
  Checks checks;
  checks.add(verifyNumbers(*this, getInput()));
  if (in.size() != 3 || ShapedType::isDynamic(in[1]) || !fits(out, {in[0], in[1] + 1, in[2]}) ||
      elementOf(getResult()) != elementOf(getInput()))
    checks.add(emitOpError() << "expects (n, T, D) with static T to give (n, T + 1, D), but got "
                             << getInput().getType() << " and " << getResult().getType()
                             << "; write T as a number, and give the result a row more");
  if (in.size() == 3)
    checks.add(verifyVector(*this, "the row", getRow(), in[2]));
  return checks;
}

LogicalResult PatchifyOp::verify() {
  ArrayRef<int64_t> in = shapeOf(getImages());
  int64_t size = getSize();
  Checks checks;
  checks.add(verifyNumbers(*this, getImages()));
  if (size <= 0 || in.size() != 4 || ShapedType::isDynamicShape(in.drop_front()) || in[2] % size ||
      in[3] % size) { // (C1), which tells the result
    checks.add(emitOpError() << "expects images (n, c, height, width) of multiples of the patch's size, but got "
                             << getImages().getType() << " and " << size
                             << "; write sizes as numbers, and choose a patch that divides both");
    return checks;
  }
  int64_t patches = in[2] / size * (in[3] / size), features = in[1] * size * size;
  if (!fits(shapeOf(getPatches()), {in[0], patches, features}) ||
      elementOf(getPatches()) != elementOf(getImages())) // (C2)
    checks.add(emitOpError() << "expects a result (n, " << patches << ", " << features
                             << ") of the images' type, but got " << getPatches().getType()
                             << "; give the result these sizes");
  return checks;
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

/// Both tensors or both memrefs, of one element type.
static LogicalResult verifySameData(Operation *op, Value input, Value result) {
  if (isa<MemRefType>(input.getType()) != isa<MemRefType>(result.getType()) || elementOf(input) != elementOf(result))
    return op->emitOpError() << "expects tensors or memrefs of one element type, but got " << input.getType() << " and "
                             << result.getType() << "; make them one";
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
  Checks checks;
  checks.add(verifySameData(*this, getInput(), getResult())); // (C2)
  if (axis < 0 || axis >= static_cast<int64_t>(in.size()) || in.size() != out.size() ||
      ShapedType::isDynamic(in[axis]) || !fits(out, withSize(in, axis, out[axis]))) // (C1)
    checks.add(emitOpError() << "expects to change one static size, that of axis " << axis << ", but got "
                             << getInput().getType() << " and " << getResult().getType()
                             << "; leave all other sizes as they are");
  else if (ShapedType::isDynamic(out[axis]) || out[axis] < 1 || offset < 0 || offset + out[axis] > in[axis]) // (C1)
    checks.add(emitOpError() << "expects a range inside the " << in[axis] << " of axis " << axis
                             << ", but got one from " << offset << " in " << getResult().getType()
                             << "; begin earlier or take less");
  return checks;
}

LogicalResult TransposeOp::verify() {
  ArrayRef<int64_t> in = shapeOf(getInput()), order = getOrder();
  SmallVector<int64_t> expected, sorted(order);
  llvm::sort(sorted);
  Checks checks;
  checks.add(verifySameData(*this, getInput(), getResult()));                              // (C2)
  if (sorted.size() != in.size() || !llvm::equal(sorted, llvm::seq<int64_t>(in.size()))) { // (C1)
    checks.add(emitOpError() << "expects a permutation of " << in.size() << " dimensions, but got [" << order
                             << "]; name each dimension once");
    return checks;
  }
  for (int64_t d : order)
    expected.push_back(in[d]);
  if (!fits(shapeOf(getResult()), expected)) // (C1)
    checks.add(emitOpError() << "expects the input's sizes in the order [" << order << "], but got "
                             << getInput().getType() << " and " << getResult().getType()
                             << "; give the result these sizes");
  return checks;
}

LogicalResult ConcatOp::verify() {
  ArrayRef<int64_t> out = shapeOf(getResult());
  int64_t axis = getAxis(), sum = 0;
  if (getInputs().empty() || axis < 0 || axis >= static_cast<int64_t>(out.size()))
    return emitOpError() << "expects inputs and an axis of " << getResult().getType() << ", but got axis " << axis
                         << "; choose an axis below its rank";
  Checks checks;
  for (Value input : getInputs()) {
    ArrayRef<int64_t> in = shapeOf(input);
    if (in.size() != out.size() || ShapedType::isDynamic(in[axis]) || !fits(withSize(in, axis, out[axis]), out) ||
        elementOf(input) != elementOf(getResult())) // (C1) (C2)
      checks.add(emitOpError() << "expects inputs like the result but for a static size of axis " << axis
                               << ", but got " << input.getType() << " and " << getResult().getType()
                               << "; make the other sizes and the elements one");
    else
      sum += in[axis];
  }
  if (succeeded(checks) && sum != out[axis]) // (C1)
    checks.add(emitOpError() << "expects " << sum << " along axis " << axis << ", the sum of its inputs, but got "
                             << getResult().getType() << "; write that sum");
  return checks;
}

/// `whole` is (…, H·d), `heads` (…, H, d).
static LogicalResult verifyHeads(Operation *op, Value whole, Value heads) {
  ArrayRef<int64_t> one = shapeOf(whole), two = shapeOf(heads);
  Checks checks;
  checks.add(verifySameData(op, whole, heads)); // (C2)
  if (two.size() < 2 || one.size() + 1 != two.size() || !fits(one.drop_back(), two.drop_back(2)) ||
      ShapedType::isDynamic(two[two.size() - 2]) || ShapedType::isDynamic(two.back()) ||
      one.back() != two[two.size() - 2] * two.back()) // (C1)
    checks.add(op->emitOpError() << "expects (…, H·d) and (…, H, d) with static H and d, but got " << whole.getType()
                                 << " and " << heads.getType()
                                 << "; write heads and width as numbers whose product is the features");
  return checks;
}

LogicalResult SplitHeadsOp::verify() { return verifyHeads(*this, getInput(), getResult()); }

LogicalResult MergeHeadsOp::verify() {
  Checks checks;
  checks.add(verifyHeads(*this, getResult(), getInput()));
  auto buffer = dyn_cast<MemRefType>(getInput().getType());
  if (buffer && !buffer.getLayout().isIdentity()) // (C3)
    checks.add(emitOpError() << "expects heads that stand side by side, but got " << buffer << "; copy it first");
  return checks;
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

/// (C1) and (C2) of what is handed to a round: carried values, then slices.
static LogicalResult verifyRound(RepeatOp op) {
  Checks checks;
  SmallVector<Type> expected(op.getCarried().getTypes());
  for (Value sliced : op.getSliced()) {
    Type type = sliced.getType();
    bool hasLayers = isHandle(type) && dataShape(type).front() == static_cast<int64_t>(op.getCount()) &&
                     (isa<StateType>(type) || dataShape(type).size() == 5);
    if (!hasLayers && op.getCount() > 0) // (C2)
      checks.add(op.emitOpError() << "expects to slice caches and states with a leading dimension of " << op.getCount()
                                  << ", but got " << type << "; write that dimension before the others");
    expected.push_back(hasLayers ? layerOfHandle(type) : Type());
  }
  TypeRange arguments = op.getBody().front().getArgumentTypes();
  if (arguments.size() != expected.size()) { // (C1)
    checks.add(op.emitOpError() << "expects a body with " << expected.size()
                                << " arguments, carried values then slices, but it has " << arguments.size()
                                << "; write these");
    return checks;
  }
  for (auto [index, argument] : llvm::enumerate(arguments))
    if (expected[index] && argument != expected[index] && !sameData(argument, expected[index])) // (C1)
      checks.add(op.emitOpError() << "expects argument " << index << " of its body to be " << expected[index]
                                  << ", but it is " << argument << "; write that type");
  return checks;
}

LogicalResult RepeatOp::verify() {
  Checks checks;
  if (getCount() <= 0) // (C2)
    checks.add(emitOpError() << "expects a positive count, but got " << getCount()
                             << "; write how many rounds there are");
  if ((*this)->getParentOfType<RepeatOp>()) // (C4)
    checks.add(emitOpError() << "cannot stand inside another nn.repeat; unroll one of them");
  checks.add(verifyRound(*this));

  bool inPlace = llvm::any_of(getCarried().getTypes(), llvm::IsaPred<MemRefType>);
  TypeRange given = inPlace ? TypeRange() : TypeRange(getCarried().getTypes());
  StringRef reason = inPlace ? "none, because carried memrefs are updated in place" : "those of the carried types";
  auto refuse = [&](Operation *op, StringRef what, TypeRange got) {
    checks.add(op->emitOpError() << "expects " << what << " of (" << given << "), " << reason << ", but got (" << got
                                 << "); give these");
  };
  if (auto yield = cast<YieldOp>(getBody().front().back()); yield.getValues().getTypes() != given) // (C3)
    refuse(yield, "values", yield.getValues().getTypes());
  if (getResults().getTypes() != given) // (C3)
    refuse(*this, "results", getResults().getTypes());
  return checks;
}
