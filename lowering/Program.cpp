//===- Program.cpp - the compiled graph as program.json ---===//
//
// Functions are described once, from the first target's module. Kernels are grouped by what they implement, over all
// targets; every function's launches become commands whose operands are numbers into
// the lists of arguments, temporaries, weights and states. runtime/artifact.h says what each member means.
//
//===----------------------------------------------------------------------===//

#include "lowering/Program.h"

#include "dialect/tile/Tile.h"
#include "lowering/Declarations.h"
#include "lowering/Operands.h"
#include "passes/AttentionRoles.h"
#include "passes/Carried.h"
#include "passes/Dimensions.h"
#include "runtime/artifact.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace attn;
namespace json = llvm::json;

namespace {

/// A kernel, or an implementation of it, for a target.
struct Implementation {
  const Target *target;
  tile::KernelOp kernel;
};

/// Writes one program; numbers are given in the order of first use.
class ProgramWriter {
public:
  explicit ProgramWriter(ArrayRef<LoweredTarget> targets) : module(targets.front().module), targets(targets) {}

  FailureOr<json::Object> write();

private:
  LogicalResult writeKernel(StringRef name, ArrayRef<Implementation> implementations);
  void describeAttention(StringRef name, tile::KernelOp kernel);
  LogicalResult writeFunction(func::FuncOp function);

  ModuleOp module;
  ArrayRef<LoweredTarget> targets;
  Declarations declarations;
  llvm::StringMap<int64_t> kernelNumbers;
  json::Array kernels, functions, reports;

  friend class FunctionWriter;
};

/// Writes one function.
class FunctionWriter {
public:
  FunctionWriter(ProgramWriter &program, func::FuncOp function) : program(program), function(function) {}

  FailureOr<json::Object> write();

private:
  LogicalResult writeSignature(json::Object &object);
  LogicalResult writeCommands(Block &block, json::Array &commands);
  LogicalResult writeRepeat(nn::RepeatOp repeat, json::Array &commands);
  LogicalResult writeChoice(nn::ChooseOp choose, json::Array &commands);
  FailureOr<json::Object> operand(Value value, Operation *user);
  FailureOr<SmallVector<std::string>> shapeOf(Value value);
  FailureOr<json::Object> task(nn::LMAttr lm);

  int64_t state(BlockArgument argument) const { return program.declarations.numberOfState(argument); }

  ProgramWriter &program;
  func::FuncOp function;
  /// Place among the function's arguments or results, or the number of a temporary.
  llvm::DenseMap<Value, int64_t> arguments, results, temporaries;
  json::Array temporaryList;
  llvm::SetVector<StringRef> symbols;
};

} // namespace

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// What a kernel's argument is, by what is launched with it.
static FailureOr<json::Object> describeArgument(Type type, StringRef access, Operation *op) {
  if (auto weight = dyn_cast<nn::WeightType>(type))
    return json::Object{{"kind", "weight"}, {"rank", static_cast<int64_t>(weight.getShape().size())}};
  if (isa<MemRefType>(type) || isHandle(type)) {
    FailureOr<StringRef> element = artifactType(dataElementType(type), op);
    if (failed(element))
      return failure();
    return json::Object{{"kind", "buffer"},
                        {"type", *element},
                        {"rank", static_cast<int64_t>(dataShape(type).size())},
                        {"access", access}};
  }
  FailureOr<StringRef> scalar = artifactType(type, op);
  if (failed(scalar))
    return failure();
  return json::Object{{"kind", "scalar"}, {"type", *scalar}};
}

static json::Array describeTensorMaps(ArrayAttr maps) {
  json::Array result;
  for (auto map : maps.getAsRange<tile::TensorMapAttr>()) {
    json::Array box;
    for (int64_t size : map.getBox())
      box.push_back(size);
    result.push_back(
        json::Object{{"argument", map.getArgument()}, {"box", std::move(box)}, {"swizzle", map.getSwizzle()}});
  }
  return result;
}

/// What a target launches, when, and with how much of what.
static json::Object describeImplementation(const Implementation &implementation) {
  auto [target, kernel] = implementation;
  json::Object result{{"device", target->isCpu() ? "cpu" : "cuda"}, {"symbol", kernel.getSymName()}};
  if (target->isCpu()) {
    result["scratch"] = static_cast<int64_t>(kernel.getScratch().value_or(0));
  } else {
    result["arch"] = target->architecture;
    result["block"] = kernel->getAttrOfType<IntegerAttr>("threads").getInt();
    result["shared"] = kernel->getAttrOfType<IntegerAttr>("shared").getInt();
    if (auto maps = kernel->getAttrOfType<ArrayAttr>("tensor_maps"))
      result["tensor_maps"] = describeTensorMaps(maps);
  }
  if (kernel.getWhen())
    result["when"] = *kernel.getWhen();
  if (kernel.getFormats()) {
    json::Object formats;
    for (auto [number, format] : llvm::enumerate(kernel.getFormats()->getAsValueRange<StringAttr>()))
      if (!format.empty())
        formats[std::to_string(number)] = format;
    result["formats"] = std::move(formats);
  }
  json::Array grid;
  for (StringRef expression : kernel.getGrid()->getAsValueRange<StringAttr>())
    grid.push_back(expression);
  result["grid"] = std::move(grid);
  return result;
}

/// A row of the report: whether all implementations are fused, and which targets have none.
static json::Object describeReport(StringRef name, ArrayRef<Implementation> implementations) {
  StringRef unfused;
  json::Array leftOut;
  for (auto [target, kernel] : implementations) {
    if (auto why = kernel->getAttrOfType<StringAttr>("unfused"))
      unfused = why.getValue();
    if (StringAttr why = getLeftOut(kernel))
      leftOut.push_back(json::Object{{"target", target->name}, {"why", why.getValue()}});
  }
  return json::Object{{"name", name}, {"fused", unfused.empty()}, {"why", unfused}, {"left_out", std::move(leftOut)}};
}

/// A launch of the kernel; null if no function has one.
static tile::LaunchOp findLaunch(ModuleOp module, StringRef name) {
  tile::LaunchOp launch;
  module.walk([&](tile::LaunchOp candidate) {
    if (candidate.getKernel() == name)
      launch = candidate;
    return launch ? WalkResult::interrupt() : WalkResult::advance();
  });
  return launch;
}

/// Says in the row of the kernel that can be asked for its weights, or has a twin that can, what to ask.
void ProgramWriter::describeAttention(StringRef name, tile::KernelOp kernel) {
  auto roles = kernel->getAttrOfType<DenseI64ArrayAttr>(attentionRolesAttr);
  if (!roles)
    return;
  json::Object attention{{"value", roles[0]}, {"output", roles[1]}};
  if (roles.size() > 2)
    attention["state"] = roles[2];
  auto twinOf = kernel->getAttrOfType<StringAttr>(twinOfAttr);
  if (twinOf)
    attention["twin"] = kernelNumbers.at(name);
  (*kernels[kernelNumbers.at(twinOf ? twinOf.getValue() : name)].getAsObject())["attention"] = std::move(attention);
}

LogicalResult ProgramWriter::writeKernel(StringRef name, ArrayRef<Implementation> implementations) {
  tile::KernelOp first = implementations.front().kernel;
  auto twinOf = first->getAttrOfType<StringAttr>(twinOfAttr);
  tile::LaunchOp launch = findLaunch(module, twinOf ? twinOf.getValue() : name);
  if (!launch)
    return success(); // Nobody launches it.

  if (!first.getAccess())
    return first.emitOpError("expects `access` for each argument; run --attn-bufferize first");
  SmallVector<Type> types(launch.getArguments().getTypes());
  if (twinOf) // The values are an argument more.
    types.push_back(types[first->getAttrOfType<DenseI64ArrayAttr>(attentionRolesAttr)[0]]);
  json::Array argumentList, implementationList;
  for (auto [type, access] : llvm::zip_equal(types, first.getAccess()->getAsValueRange<StringAttr>())) {
    FailureOr<json::Object> argument = describeArgument(type, access, launch);
    if (failed(argument))
      return failure();
    argumentList.push_back(std::move(*argument));
  }
  for (const Implementation &implementation : implementations)
    if (!getLeftOut(implementation.kernel))
      implementationList.push_back(describeImplementation(implementation));
  kernelNumbers[name] = static_cast<int64_t>(kernels.size());
  kernels.push_back(json::Object{
      {"name", name}, {"arguments", std::move(argumentList)}, {"implementations", std::move(implementationList)}});
  describeAttention(name, first);
  reports.push_back(describeReport(name, implementations));
  return success();
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<std::string>> FunctionWriter::shapeOf(Value value) {
  if (auto alloc = value.getDefiningOp<tile::AllocOp>()) {
    SmallVector<std::string> shape;
    for (StringRef size : alloc.getSizes().getAsValueRange<StringAttr>())
      shape.push_back(size.str());
    return shape;
  }
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (argument.getOwner()->getParentOp() == function.getOperation())
      return namedShape(argument);
    if (auto repeat = dyn_cast<nn::RepeatOp>(argument.getOwner()->getParentOp()))
      if (argument.getArgNumber() < repeat.getCarried().size())
        return shapeOf(repeat.getCarried()[argument.getArgNumber()]);
  }
  return function.emitOpError("has a view of something that is no argument or temporary");
}

FailureOr<json::Object> FunctionWriter::operand(Value value, Operation *user) {
  FailureOr<ViewChain> view = followViews(value, [&](Value root) { return shapeOf(root); });
  if (failed(view))
    return failure();
  json::Object result;
  Value root = view->root;
  auto number = [&](const char *kind, int64_t n) {
    result[kind] = n;
    return llvm::success();
  };
  LogicalResult described = failure();
  if (auto argument = dyn_cast<BlockArgument>(root)) {
    if (auto repeat = dyn_cast<nn::RepeatOp>(argument.getOwner()->getParentOp())) {
      unsigned place = argument.getArgNumber(), carried = repeat.getCarried().size();
      if (place < carried) {
        FailureOr<json::Object> outer = operand(repeat.getCarried()[place], user);
        if (failed(outer))
          return failure();
        result = std::move(*outer);
        described = success();
      } else {
        described = number("state", state(cast<BlockArgument>(repeat.getSliced()[place - carried])));
        result["at"] = json::Array{repeat.getIndex()};
      }
    } else if (isHandle(root.getType())) {
      described = number("state", state(argument));
    } else if (auto place = results.find(root); place != results.end()) {
      described = number("result", place->second);
    } else {
      described = number("argument", arguments.at(root));
    }
  } else if (auto op = root.getDefiningOp<nn::WeightOp>()) {
    described = number("weight", program.declarations.numberOfWeight(op));
  } else if (auto op = root.getDefiningOp<LengthOp>()) {
    if (auto cache = dyn_cast<BlockArgument>(op.getCache());
        cache && cache.getOwner()->getParentOp() == function.getOperation())
      described = number("length", state(cache));
  } else if (root.getDefiningOp<tile::AllocOp>()) {
    described = number("temporary", temporaries.at(root));
  } else if (auto op = root.getDefiningOp<arith::ConstantOp>()) {
    if (auto integer = dyn_cast<IntegerAttr>(op.getValue()))
      result["value"] = integer.getInt(), described = success();
    else if (auto real = dyn_cast<FloatAttr>(op.getValue()))
      result["value"] = real.getValueAsDouble(), described = success();
  }
  if (failed(described))
    return user->emitOpError() << "has an operand of type " << value.getType() << " that artefacts cannot describe";
  if (view->isView)
    result["view"] = json::Object{
        {"offset", view->offset}, {"shape", expressionsJson(view->shape)}, {"strides", expressionsJson(view->strides)}};
  return result;
}

//===----------------------------------------------------------------------===//
// Commands
//===----------------------------------------------------------------------===//

LogicalResult FunctionWriter::writeRepeat(nn::RepeatOp repeat, json::Array &commands) {
  json::Array inner;
  if (failed(writeCommands(repeat.getBody().front(), inner)))
    return failure();
  commands.push_back(json::Object{{"repeat", static_cast<int64_t>(repeat.getCount())},
                                  {"index", repeat.getIndex()},
                                  {"commands", std::move(inner)}});
  return success();
}

/// The commands of all cases, each with the value of the flag when it runs.
LogicalResult FunctionWriter::writeChoice(nn::ChooseOp choose, json::Array &commands) {
  FailureOr<json::Object> flag = operand(choose.getFlag(), choose);
  if (failed(flag))
    return failure();
  int64_t cases = choose.getCases().size();
  for (auto [number, region] : llvm::enumerate(choose.getCases())) {
    json::Array inner;
    if (failed(writeCommands(region.front(), inner)))
      return failure();
    for (json::Value &command : inner) {
      (*command.getAsObject())["when"] =
          json::Object{{"flag", json::Object(*flag)}, {"is", static_cast<int64_t>(number)}, {"of", cases}};
      commands.push_back(std::move(command));
    }
  }
  return success();
}

LogicalResult FunctionWriter::writeCommands(Block &block, json::Array &commands) {
  for (Operation &op : block) {
    if (auto alloc = dyn_cast<tile::AllocOp>(op)) {
      FailureOr<SmallVector<std::string>> shape = shapeOf(alloc);
      FailureOr<StringRef> type = artifactType(alloc.getType().getElementType(), alloc);
      if (failed(shape) || failed(type))
        return failure();
      if (!alloc.getFirst() || !alloc.getLast())
        return alloc.emitOpError("expects a lifetime; run --attn-assign-memory first");
      temporaries[alloc] = temporaryList.size();
      temporaryList.push_back(json::Object{{"type", *type},
                                           {"shape", expressionsJson(*shape)},
                                           {"first", static_cast<int64_t>(*alloc.getFirst())},
                                           {"last", static_cast<int64_t>(*alloc.getLast())}});
    } else if (auto repeat = dyn_cast<nn::RepeatOp>(op)) {
      if (failed(writeRepeat(repeat, commands)))
        return failure();
    } else if (auto choose = dyn_cast<nn::ChooseOp>(op)) {
      if (failed(writeChoice(choose, commands)))
        return failure();
    } else if (auto launch = dyn_cast<tile::LaunchOp>(op)) {
      json::Array operands;
      for (Value argument : launch.getArguments()) {
        FailureOr<json::Object> described = operand(argument, launch);
        if (failed(described))
          return failure();
        operands.push_back(std::move(*described));
      }
      auto number = program.kernelNumbers.find(launch.getKernel());
      if (number == program.kernelNumbers.end())
        return launch.emitOpError() << "launches @" << launch.getKernel()
                                    << ", which has no implementation for this target";
      commands.push_back(json::Object{{"kernel", number->second}, {"operands", std::move(operands)}});
    } else if (auto copy = dyn_cast<memref::CopyOp>(op)) {
      FailureOr<json::Object> from = operand(copy.getSource(), copy), to = operand(copy.getTarget(), copy);
      if (failed(from) || failed(to))
        return failure();
      commands.push_back(json::Object{{"copy", json::Array{std::move(*from), std::move(*to)}}});
    } else if (!isa<nn::WeightOp, LengthOp, nn::YieldOp, func::ReturnOp, arith::ConstantOp, bufferization::ToBufferOp>(
                   op) &&
               !nn::isView(&op)) {
      return op.emitOpError("cannot be written into an artefact: only launches, copies, repeats, choices and views may "
                            "be left in the graph");
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

FailureOr<json::Object> FunctionWriter::task(nn::LMAttr lm) {
  json::Object metadata;
  if (lm.getMetadata()) {
    for (NamedAttribute entry : lm.getMetadata()) {
      json::Value value = nullptr;
      if (auto text = dyn_cast<StringAttr>(entry.getValue()))
        value = text.getValue();
      else if (auto integer = dyn_cast<IntegerAttr>(entry.getValue()))
        value = integer.getInt();
      else if (auto real = dyn_cast<FloatAttr>(entry.getValue()))
        value = real.getValueAsDouble();
      else
        return function.emitOpError() << "has metadata '" << entry.getName().strref()
                                      << "' that is no string or number";
      metadata[entry.getName().strref()] = std::move(value);
    }
  }
  // The attribute counts arguments and results; the format names them.
  std::string logits;
  for (auto [argument, number] : results)
    if (number == lm.getLogits())
      logits = nameOfArgument(cast<BlockArgument>(argument));
  if (logits.empty())
    return function.emitOpError() << "has a task whose logits are result " << lm.getLogits() << ", but has "
                                  << results.size() << " results";
  return json::Object{{"kind", "lm"},
                      {"tokens", nameOfArgument(function.getArgument(lm.getTokens()))},
                      {"lengths", nameOfArgument(function.getArgument(lm.getLengths()))},
                      {"logits", logits},
                      {"metadata", std::move(metadata)}};
}

LogicalResult FunctionWriter::writeSignature(json::Object &object) {
  json::Array argumentList, resultList;
  for (BlockArgument argument : function.getArguments()) {
    FailureOr<SmallVector<std::string>> shape = namedShape(argument);
    if (failed(shape))
      return failure();
    for (auto [d, size] : llvm::enumerate(*shape))
      if (ShapedType::isDynamic(dataShape(argument.getType())[d]))
        symbols.insert(StringAttr::get(function.getContext(), Dimensions::nameIn(size)).getValue());
    if (isHandle(argument.getType()))
      continue;
    Type element = isa<MemRefType>(argument.getType()) ? dataElementType(argument.getType()) : argument.getType();
    FailureOr<StringRef> type = artifactType(element, function);
    if (failed(type))
      return failure();
    bool isResult = static_cast<bool>(function.getArgAttr(argument.getArgNumber(), "nn.result"));
    json::Array &list = isResult ? resultList : argumentList;
    (isResult ? results : arguments)[argument] = list.size();
    json::Object tensor{{"name", nameOfArgument(argument)}, {"type", *type}, {"shape", expressionsJson(*shape)}};
    for (StringRef counted : {"lengths", "offsets", "steps"})
      if (auto along = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), ("nn." + counted).str()))
        tensor[counted] = expressionJson(along.getValue());
    list.push_back(std::move(tensor));
  }
  object["arguments"] = std::move(argumentList);
  object["results"] = std::move(resultList);
  return success();
}

FailureOr<json::Object> FunctionWriter::write() {
  json::Object object{{"name", function.getSymName()}};
  json::Array commands;
  if (failed(writeSignature(object)) || failed(writeCommands(function.getBody().front(), commands)))
    return failure();
  auto bounds = function->getAttrOfType<DictionaryAttr>("nn.bounds");
  json::Array symbolList;
  for (StringRef symbol : symbols) {
    auto bound = bounds ? bounds.getAs<IntegerAttr>(symbol) : IntegerAttr();
    symbolList.push_back(json::Object{
        {"name", symbol}, {"min", 0}, {"max", bound ? json::Value(bound.getInt()) : json::Value(nullptr)}});
  }
  object["symbols"] = std::move(symbolList);
  object["temporaries"] = std::move(temporaryList);
  object["commands"] = std::move(commands);
  object["task"] = nullptr;
  if (auto lm = function->getAttrOfType<nn::LMAttr>("nn.task")) {
    FailureOr<json::Object> described = task(lm);
    if (failed(described))
      return failure();
    object["task"] = std::move(*described);
  }
  return object;
}

LogicalResult ProgramWriter::writeFunction(func::FuncOp function) {
  FailureOr<json::Object> object = FunctionWriter(*this, function).write();
  if (failed(object))
    return failure();
  functions.push_back(std::move(*object));
  return success();
}

static json::Object describeTarget(const Target &target) {
  if (!target.isCpu())
    return json::Object{{"device", "cuda"}, {"entry", target.entry()}, {"arch", target.architecture}};
  json::Array features;
  for (const std::string &feature : target.features)
    features.push_back(feature);
  return json::Object{{"device", "cpu"},
                      {"entry", target.entry()},
                      {"abi", ATTN_KERNEL_ABI},
                      {"triple", Target::triple},
                      {"features", std::move(features)}};
}

/// The module's own name, or that of its file without folder and ending.
static std::string nameOf(ModuleOp module) {
  if (module.getName())
    return module.getName()->str();
  auto file = module.getLoc()->findInstanceOf<FileLineColLoc>();
  StringRef stem = file ? llvm::sys::path::stem(file.getFilename().strref()) : "";
  return stem.empty() || stem == "-" || stem == "<stdin>" ? "program" : stem.str();
}

FailureOr<json::Object> ProgramWriter::write() {
  if (failed(declarations.gather(module)))
    return failure();
  llvm::MapVector<StringRef, SmallVector<Implementation>> implementations;
  for (const LoweredTarget &lowered : targets)
    for (tile::KernelOp kernel : lowered.kernels())
      implementations[kernel.getImplemented()].push_back({&lowered.target, kernel});
  for (auto &[name, list] : implementations)
    if (failed(writeKernel(name, list)))
      return failure();
  for (func::FuncOp function : module.getOps<func::FuncOp>())
    if (function.isPublic() && failed(writeFunction(function)))
      return failure();

  json::Array targetList;
  for (const LoweredTarget &lowered : targets)
    targetList.push_back(describeTarget(lowered.target));
  return json::Object{{"format", json::Array{ATTN_FORMAT_MAJOR, ATTN_FORMAT_MINOR}},
                      {"name", nameOf(module)},
                      {"compiler", "attn " ATTN_VERSION},
                      {"targets", std::move(targetList)},
                      {"kernels", std::move(kernels)},
                      {"states", declarations.states()},
                      {"weights", declarations.weights()},
                      {"constants", json::Array()},
                      {"functions", std::move(functions)},
                      {"report", json::Object{{"kernels", std::move(reports)}}}};
}

FailureOr<json::Object> attn::describeProgram(ArrayRef<LoweredTarget> targets) {
  return ProgramWriter(targets).write();
}
