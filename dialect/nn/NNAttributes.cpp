//===- NNAttributes.cpp - the verifiers of nn attributes on functions ---===//
//
// Names that a runtime or a pass would look up are checked where they are written: a misspelt one is an error, never
// ignored.
//
//===----------------------------------------------------------------------===//

#include "dialect/nn/NN.h"

#include "dialect/attn/Checks.h"

#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace attn;
using namespace attn::nn;

//===----------------------------------------------------------------------===//
// On arguments and results
//===----------------------------------------------------------------------===//

/// Begins with a letter and goes on with letters, digits and underscores: what an expression may name.
static bool isName(StringRef text) {
  return !text.empty() && llvm::isAlpha(text.front()) &&
         llvm::all_of(text, [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

/// A name for each dynamic dimension, or one more than a name where that is what a tensor has (offsets of n sequences
/// are n + 1); the number for each static one.
static LogicalResult verifyDims(Operation *op, const Twine &what, Type type, Attribute value) {
  auto dims = dyn_cast<ArrayAttr>(value);
  if (!dims || !llvm::all_of(dims, llvm::IsaPred<StringAttr>))
    return op->emitOpError() << "expects nn.dims of " << what << " to be an array of strings, but got " << value
                             << "; write a string for each dimension, as [\"B\", \"16\"]";
  if (!isa<ShapedType>(type) && !isHandle(type))
    return op->emitOpError() << "expects nn.dims on tensors, memrefs, caches and states, but " << what << " is " << type
                             << "; leave it out";
  ArrayRef<int64_t> shape = dataShape(type);
  if (shape.size() != dims.size())
    return op->emitOpError() << "expects nn.dims of " << what << " to have " << shape.size() << " entries, but got "
                             << dims.size() << "; write one for each dimension";
  Checks checks;
  for (auto [index, size] : llvm::enumerate(shape)) {
    StringRef text = cast<StringAttr>(dims[index]).getValue(), name = text;
    if (!isHandle(type))
      name.consume_back(" + 1");
    if (ShapedType::isDynamic(size) && !isName(name))
      checks.add(op->emitOpError() << "expects a name for the dynamic dimension " << index << " of " << what
                                   << ", but got '" << text
                                   << "'; begin it with a letter and go on with letters, digits and underscores");
    if (!ShapedType::isDynamic(size) && text != std::to_string(size))
      checks.add(op->emitOpError() << "expects '" << size << "' for the static dimension " << index << " of " << what
                                   << ", but got '" << text << "'; write the number of the type");
  }
  return checks;
}

static LogicalResult verifyOn(Operation *op, const Twine &what, Type type, NamedAttribute attribute, bool isArgument) {
  StringRef name = attribute.getName();
  if (name == "nn.dims")
    return verifyDims(op, what, type, attribute.getValue());
  if (name == "nn.name") {
    auto text = dyn_cast<StringAttr>(attribute.getValue());
    return text && isName(text)
               ? success()
               : op->emitOpError() << "expects nn.name of " << what << " to be a name, but got " << attribute.getValue()
                                   << "; begin it with a letter and go on with letters, digits and underscores";
  }
  if (isArgument && name == "nn.result")
    return isa<UnitAttr>(attribute.getValue()) && isa<MemRefType>(type)
               ? success()
               : op->emitOpError() << "expects nn.result on a memref without a value, but " << what << " is " << type
                                   << "; leave it out";
  if (isArgument && (name == "nn.advance" || name == "nn.advance_offsets"))
    return isa<StringAttr>(attribute.getValue()) && isHandle(type)
               ? success()
               : op->emitOpError() << "expects " << name << " to name an argument by which a cache or state grows, but "
                                   << what << " is " << type << "; leave it out, or write the argument's name";
  if (isArgument && (name == "nn.lengths" || name == "nn.offsets" || name == "nn.steps"))
    return isa<StringAttr>(attribute.getValue()) && isa<ShapedType>(type)
               ? success()
               : op->emitOpError() << "expects " << name << " to say what a tensor of lengths or offsets counts, but "
                                   << what << " is " << type << " with " << attribute.getValue()
                                   << "; leave it out, or write the name of what it counts";
  if (isArgument && name == "nn.folds_at") {
    auto least = dyn_cast<IntegerAttr>(attribute.getValue());
    return least && least.getInt() > 0 && isa<CacheType>(type)
               ? success()
               : op->emitOpError() << "expects nn.folds_at to say at how many positions a cache is emptied, but "
                                   << what << " is " << type << " with " << attribute.getValue()
                                   << "; leave it out, or write a number of at least 1 on a cache";
  }
  if (isArgument && name == "nn.sequence_axis") {
    auto axis = dyn_cast<IntegerAttr>(attribute.getValue());
    return axis && isa<StateType>(type) && axis.getInt() >= 0 &&
                   axis.getInt() < static_cast<int64_t>(dataShape(type).size())
               ? success()
               : op->emitOpError() << "expects nn.sequence_axis to be a dimension of a state, but " << what << " is "
                                   << type << " with " << attribute.getValue()
                                   << "; leave it out, or write one of its dimensions";
  }
  return op->emitOpError() << "does not know the attribute " << name << " on " << what
                           << "; leave it out, or correct its name";
}

LogicalResult NNDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned index, NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return op->emitOpError() << "cannot carry " << attribute.getName().getValue()
                             << "; it belongs to a function's arguments";
  return verifyOn(op, "argument " + Twine(index), function.getArgumentTypes()[index], attribute, /*isArgument=*/true);
}

LogicalResult NNDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned index,
                                                     NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return op->emitOpError() << "cannot carry " << attribute.getName().getValue()
                             << "; it belongs to a function's results";
  return verifyOn(op, "result " + Twine(index), function.getResultTypes()[index], attribute, /*isArgument=*/false);
}

//===----------------------------------------------------------------------===//
// On functions
//===----------------------------------------------------------------------===//

/// Arguments that are not results; and all results, before bufferisation and after it.
static std::pair<SmallVector<Type>, SmallVector<Type>> signatureOf(FunctionOpInterface function) {
  SmallVector<Type> arguments, results(function.getResultTypes());
  for (auto [index, type] : llvm::enumerate(function.getArgumentTypes()))
    (function.getArgAttr(index, "nn.result") ? results : arguments).push_back(type);
  return {arguments, results};
}

static bool isData(ArrayRef<Type> types, int64_t index, ArrayRef<unsigned> ranks, function_ref<bool(Type)> isElement) {
  if (index < 0 || index >= static_cast<int64_t>(types.size()))
    return false;
  auto type = dyn_cast<ShapedType>(types[index]);
  return type && type.hasRank() && llvm::is_contained(ranks, type.getRank()) && isElement(type.getElementType());
}

static std::string describe(ArrayRef<Type> types, int64_t index) {
  if (index < 0 || index >= static_cast<int64_t>(types.size()))
    return "none of that number";
  std::string text;
  llvm::raw_string_ostream(text) << types[index];
  return text;
}

static LogicalResult verifyTask(FunctionOpInterface function, Attribute value) {
  auto task = dyn_cast<LMAttr>(value);
  if (!task)
    return function.emitOpError() << "expects nn.task to be #nn.lm<...>, but got " << value
                                  << "; write the tokens', lengths' and logits' numbers there";
  auto [arguments, results] = signatureOf(function);
  auto isToken = [](Type type) { return type.isInteger(32); };
  Checks checks;
  if (!isData(arguments, task.getTokens(), {2}, isToken))
    checks.add(function.emitOpError() << "expects argument " << task.getTokens()
                                      << " to be the tokens of its task, (B, T) of i32, but got "
                                      << describe(arguments, task.getTokens())
                                      << "; write the number of the argument that is");
  if (!isData(arguments, task.getLengths(), {1}, isToken))
    checks.add(function.emitOpError() << "expects argument " << task.getLengths()
                                      << " to be the lengths of its task, (B) of i32, but got "
                                      << describe(arguments, task.getLengths())
                                      << "; write the number of the argument that is");
  if (!isData(results, task.getLogits(), {2, 3}, [](Type type) { return type.isF32(); }))
    checks.add(function.emitOpError()
               << "expects result " << task.getLogits()
               << " to be the logits of its task, (B, vocabulary) or (B, T, vocabulary) of f32, but got "
               << describe(results, task.getLogits()) << "; write the number of the result that is");
  return checks;
}

static LogicalResult verifyBounds(FunctionOpInterface function, Attribute value) {
  auto bounds = dyn_cast<DictionaryAttr>(value);
  if (!bounds)
    return function.emitOpError() << "expects nn.bounds to be {name = number, ...}, but got " << value
                                  << "; write it so";
  llvm::SmallPtrSet<Attribute, 8> names;
  for (unsigned index = 0; index != function.getNumArguments(); ++index)
    if (auto dims = dyn_cast_or_null<ArrayAttr>(function.getArgAttr(index, "nn.dims")))
      names.insert(dims.begin(), dims.end());
  Checks checks;
  for (NamedAttribute bound : bounds) {
    if (!names.contains(StringAttr::get(function.getContext(), bound.getName().getValue())))
      checks.add(function.emitOpError() << "expects nn.bounds to name dimensions of its arguments, but none is called '"
                                        << bound.getName().getValue() << "'; write a name of its nn.dims");
    auto number = dyn_cast<IntegerAttr>(bound.getValue());
    if (!number || number.getInt() <= 0)
      checks.add(function.emitOpError() << "expects the bound of '" << bound.getName().getValue()
                                        << "' to be positive, but got " << bound.getValue()
                                        << "; write the largest size that it has");
  }
  return checks;
}

LogicalResult NNDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (function && attribute.getName() == "nn.task")
    return verifyTask(function, attribute.getValue());
  if (function && attribute.getName() == "nn.bounds")
    return verifyBounds(function, attribute.getValue());
  if (isa<CallOpInterface>(op) && attribute.getName() == "nn.choice") {
    auto text = dyn_cast<StringAttr>(attribute.getValue());
    return text && isName(text) ? success()
                                : op->emitOpError()
                                      << "expects nn.choice to be a name, but got " << attribute.getValue()
                                      << "; begin it with a letter and go on with letters, digits and underscores";
  }
  return op->emitOpError() << "does not know the attribute " << attribute.getName().getValue()
                           << "; leave it out, or correct its name";
}
