//===- Declarations.cpp - the names of a program, and what each of them stands for ---===//

#include "lowering/Declarations.h"

#include "lowering/Operands.h"
#include "passes/Dimensions.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace attn;
namespace json = llvm::json;

//===----------------------------------------------------------------------===//
// Names and shapes of arguments
//===----------------------------------------------------------------------===//

FailureOr<StringRef> attn::artifactType(Type type, Operation *op) {
  if (type.isF32())
    return StringRef("f32");
  if (type.isBF16())
    return StringRef("bf16");
  if (type.isF16())
    return StringRef("f16");
  if (type.isInteger(1))
    return StringRef("i1");
  if (type.isInteger(8))
    return StringRef(type.isUnsignedInteger() ? "u8" : "i8");
  if (type.isInteger(32))
    return StringRef("i32");
  if (type.isInteger(64) || type.isIndex())
    return StringRef("i64");
  return op->emitOpError() << "has an element of type " << type << ", which artefacts do not carry";
}

static func::FuncOp functionOf(BlockArgument argument) {
  return cast<func::FuncOp>(argument.getOwner()->getParentOp());
}

/// An attribute of a function's argument; null where it has none of this name.
template <typename Attr> static Attr attributeOf(BlockArgument argument, StringRef name) {
  return functionOf(argument).getArgAttrOfType<Attr>(argument.getArgNumber(), name);
}

std::string attn::nameOfArgument(BlockArgument argument) {
  if (auto name = attributeOf<StringAttr>(argument, "nn.name"))
    return name.str();
  auto isResult = [](BlockArgument each) { return attributeOf<UnitAttr>(each, "nn.result") != nullptr; };
  if (isResult(argument)) // Results are counted by themselves: they were no arguments when they were written.
    return ("result" +
            Twine(llvm::count_if(functionOf(argument).getArguments().take_front(argument.getArgNumber()), isResult)))
        .str();
  return ((isHandle(argument.getType()) ? "state" : "argument") + Twine(argument.getArgNumber())).str();
}

FailureOr<SmallVector<std::string>> attn::namedShape(BlockArgument argument) {
  SmallVector<std::string> shape;
  Type type = argument.getType();
  if (!isa<MemRefType>(type) && !isHandle(type))
    return shape;
  auto names = attributeOf<ArrayAttr>(argument, "nn.dims");
  for (auto [d, size] : llvm::enumerate(dataShape(type))) {
    if (ShapedType::isDynamic(size) && !names)
      return functionOf(argument).emitOpError()
             << "expects `nn.dims` on argument " << argument.getArgNumber()
             << ", which has a dynamic dimension; name it as in {nn.dims = [\"B\", \"T\", \"64\"]}";
    shape.push_back(ShapedType::isDynamic(size) ? cast<StringAttr>(names[d]).getValue().str() : std::to_string(size));
  }
  return shape;
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

static StringRef nameOf(BlockArgument argument) { return functionOf(argument).getSymName(); }

/// An error at `argument`, to be completed, with a note at what stands there already.
static InFlightDiagnostic conflict(BlockArgument argument, BlockArgument other) {
  InFlightDiagnostic error = emitError(argument.getLoc());
  error.attachNote(other.getLoc()) << "the other one, in @" << nameOf(other);
  return error;
}

/// By what argument a handle grows, in words; empty where it does not.
static std::string growthOf(BlockArgument handle) {
  auto lengths = attributeOf<StringAttr>(handle, "nn.advance");
  auto name = lengths ? lengths : attributeOf<StringAttr>(handle, "nn.advance_offsets");
  if (!name)
    return "";
  std::string text = ((lengths ? "the lengths '" : "the offsets '") + name.getValue() + "'").str();
  if (auto axis = attributeOf<IntegerAttr>(handle, "nn.sequence_axis"))
    text += " along dimension " + std::to_string(axis.getInt());
  return text;
}

static std::string foldingOf(BlockArgument handle) {
  auto least = attributeOf<IntegerAttr>(handle, "nn.folds_at");
  return least ? "is emptied at " + std::to_string(least.getInt()) + " positions" : "is never emptied";
}

/// Functions that only read a state say nothing of its growth; all others say the same.
LogicalResult Declarations::gatherGrowth(BlockArgument argument, State &state) {
  if (growthOf(argument).empty())
    return success();
  if (!state.growing) {
    state.growing = argument;
    return success();
  }
  BlockArgument other = state.growing;
  if (growthOf(argument) != growthOf(other))
    return conflict(argument, other) << "expects state '" << nameOfArgument(argument)
                                     << "' to grow alike in all functions, but it grows by " << growthOf(argument)
                                     << " in @" << nameOf(argument) << " and by " << growthOf(other) << " in @"
                                     << nameOf(other) << "; give both arguments one nn.name";
  if (foldingOf(argument) != foldingOf(other))
    return conflict(argument, other) << "expects all functions to empty cache '" << nameOfArgument(argument)
                                     << "' alike, but it " << foldingOf(argument) << " in @" << nameOf(argument)
                                     << " and " << foldingOf(other) << " in @" << nameOf(other)
                                     << "; give attention over it one `switch_over`";
  return success();
}

LogicalResult Declarations::gatherState(BlockArgument argument) {
  func::FuncOp function = functionOf(argument);
  FailureOr<SmallVector<std::string>> shape = namedShape(argument);
  FailureOr<StringRef> type = artifactType(dataElementType(argument.getType()), function);
  if (failed(shape) || failed(type))
    return failure();
  auto name = StringAttr::get(argument.getContext(), nameOfArgument(argument));
  auto [place, isNew] = stateArguments.try_emplace(name);
  State &state = place->second;
  if (isNew)
    state = {argument, *type, *shape, BlockArgument()};
  else if (argument.getType() != state.first.getType() || *shape != state.shape)
    return conflict(argument, state.first)
           << "expects state '" << name.getValue() << "' to be one in all functions, but got " << argument.getType()
           << " of (" << llvm::join(*shape, ", ") << ") in @" << nameOf(argument) << " and " << state.first.getType()
           << " of (" << llvm::join(state.shape, ", ") << ") in @" << nameOf(state.first)
           << "; give them one type and one nn.dims, or each its own nn.name";
  return gatherGrowth(argument, state);
}

int64_t Declarations::numberOfState(BlockArgument argument) const {
  return stateArguments.find(StringAttr::get(argument.getContext(), nameOfArgument(argument))) - stateArguments.begin();
}

json::Array Declarations::states() const {
  json::Array result;
  for (const auto &[name, state] : stateArguments) {
    // A cache is (…, sequence, position, head, width); who updates a sum has said where its sequences are.
    int64_t rank = state.shape.size();
    bool isCache = isa<CacheType>(state.first.getType());
    json::Value advance = nullptr;
    IntegerAttr axis, least;
    if (BlockArgument growing = state.growing) {
      axis = attributeOf<IntegerAttr>(growing, "nn.sequence_axis");
      least = attributeOf<IntegerAttr>(growing, "nn.folds_at");
      if (auto lengths = attributeOf<StringAttr>(growing, "nn.advance"))
        advance = lengths.getValue();
      else
        advance = json::Object{{"offsets", attributeOf<StringAttr>(growing, "nn.advance_offsets").getValue()}};
    }
    json::Object declared{{"name", name.getValue()},
                          {"type", state.type},
                          {"shape", expressionsJson(state.shape)},
                          {"sequence_axis", isCache ? rank - 4
                                            : axis  ? axis.getInt()
                                                    : 0},
                          {"position_axis", isCache ? json::Value(rank - 3) : json::Value(nullptr)},
                          {"advance", std::move(advance)}};
    if (least)
      declared["folds_at"] = least.getInt();
    result.push_back(std::move(declared));
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// The repeat whose rounds a weight's name counts; null where it is one weight.
static nn::RepeatOp repeatOf(nn::WeightOp op) {
  auto repeat = op->getParentOfType<nn::RepeatOp>();
  return repeat && op.getName().contains(("{" + repeat.getIndex() + "}").str()) ? repeat : nn::RepeatOp();
}

std::vector<std::string> attn::tensorNames(nn::WeightOp op) {
  nn::RepeatOp repeat = repeatOf(op);
  if (!repeat)
    return {op.getName().str()};
  std::vector<std::string> names;
  StringRef name = op.getName();
  std::string index = ("{" + repeat.getIndex() + "}").str();
  size_t place = name.find(index);
  for (int64_t round = 0, e = repeat.getCount(); round < e; ++round)
    names.push_back((name.take_front(place) + Twine(round) + name.drop_front(place + index.size())).str());
  return names;
}

LogicalResult Declarations::gatherWeight(nn::WeightOp op) {
  nn::WeightOp other = weightOps.try_emplace(op.getNameAttr(), op).first->second;
  auto countOf = [](nn::WeightOp weight) {
    nn::RepeatOp repeat = repeatOf(weight);
    return repeat ? static_cast<int64_t>(repeat.getCount()) : 1;
  };
  auto fail = [&]() {
    InFlightDiagnostic error = op.emitOpError() << "expects weight '" << op.getName() << "' to ";
    error.attachNote(other.getLoc()) << "the other one";
    return error;
  };
  if (op.getWeight().getType() != other.getWeight().getType())
    return fail() << "have one shape, but got " << op.getWeight().getType() << " and " << other.getWeight().getType()
                  << "; a name stands for one tensor of the weight file";
  if (countOf(op) != countOf(other))
    return fail() << "stand in repeats of one count, but got " << countOf(op) << " and " << countOf(other)
                  << "; give the index of one nn.repeat another name";
  return success();
}

int64_t Declarations::numberOfWeight(nn::WeightOp op) const {
  return weightOps.find(op.getNameAttr()) - weightOps.begin();
}

json::Array Declarations::weights() const {
  json::Array result;
  for (const auto &[name, op] : weightOps) {
    nn::WeightOp weight = op;
    json::Object repeat;
    if (nn::RepeatOp around = repeatOf(weight))
      repeat[around.getIndex()] = static_cast<int64_t>(around.getCount());
    json::Array shape;
    for (int64_t size : weight.getWeight().getType().getShape())
      shape.push_back(size);
    result.push_back(
        json::Object{{"name", name.getValue()}, {"shape", std::move(shape)}, {"repeat", std::move(repeat)}});
  }
  return result;
}

//===----------------------------------------------------------------------===//
// All functions
//===----------------------------------------------------------------------===//

/// States have names of their own; arguments and results share theirs.
LogicalResult Declarations::gatherNames(func::FuncOp function) {
  llvm::StringMap<BlockArgument> names[2];
  bool areRight = true;
  for (BlockArgument argument : function.getArguments()) {
    std::string name = nameOfArgument(argument);
    bool isState = isHandle(argument.getType());
    auto [place, isNew] = names[isState].try_emplace(name, argument);
    if (isNew)
      continue;
    conflict(argument, place->second) << "expects " << (isState ? "states" : "arguments and results") << " of @"
                                      << function.getSymName() << " to have names of their own, but two are called '"
                                      << name << "'; give one another nn.name";
    areRight = false;
  }
  return success(areRight);
}

/// A name that is told only as one more than it has no value: each is a whole dimension of something that comes in.
static LogicalResult checkDimensions(func::FuncOp function) {
  llvm::StringSet<> whole;
  llvm::MapVector<StringAttr, BlockArgument> mentioned;
  for (BlockArgument argument : function.getArguments()) {
    auto names = attributeOf<ArrayAttr>(argument, "nn.dims");
    if (!names || attributeOf<UnitAttr>(argument, "nn.result"))
      continue;
    for (auto text : names.getAsRange<StringAttr>()) {
      StringRef name = Dimensions::nameIn(text);
      if (name == text.getValue())
        whole.insert(name);
      else
        mentioned.try_emplace(StringAttr::get(text.getContext(), name), argument);
    }
  }
  bool areRight = true;
  for (auto [name, argument] : mentioned) {
    if (whole.contains(name))
      continue;
    emitError(argument.getLoc()) << "expects a dimension of argument '" << nameOfArgument(argument)
                                 << "' to be one more than '" << name.getValue()
                                 << "' where another one is that, but got none in @" << function.getSymName()
                                 << "; give it a name of its own: write \"O\" for each \"" << name.getValue()
                                 << " + 1\"";
    areRight = false;
  }
  return success(areRight);
}

LogicalResult Declarations::gather(ModuleOp module) {
  bool areRight = true;
  for (func::FuncOp function : module.getOps<func::FuncOp>()) {
    if (!function.isPublic())
      continue;
    areRight &= succeeded(gatherNames(function)) && succeeded(checkDimensions(function));
    for (BlockArgument argument : function.getArguments())
      if (isHandle(argument.getType()))
        areRight &= succeeded(gatherState(argument));
    function.walk([&](nn::WeightOp op) { areRight &= succeeded(gatherWeight(op)); });
  }
  return success(areRight);
}
