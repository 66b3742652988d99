//===- ProgramReader.cpp - reads program.json -*- C++ -*-===//
//
// From JSON to the model of Program.h. Every member is asked for with its type, so that wrong JSON becomes a sentence
// that names the path to the culprit ("kernels[3].implementations[0].grid"); nothing here throws. What relates parts to
// each other is checked afterwards, in ProgramCheck.cpp.
//
//===----------------------------------------------------------------------===//

#include "runtime/Program.h"

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

namespace attn {

using Json = nlohmann::json;

//===----------------------------------------------------------------------===//
// A JSON value and the path to it
//===----------------------------------------------------------------------===//

namespace {

class Node {
public:
  Node(const Json &json, std::string path) : json_(&json), path_(std::move(path)) {}

  const std::string &path() const { return path_; }
  bool isObject() const { return json_->is_object(); }
  bool isNull() const { return json_->is_null(); }
  bool isText() const { return json_->is_string(); }
  bool isBool() const { return json_->is_boolean(); }
  bool isNumber() const { return json_->is_number(); }
  bool isInteger() const { return json_->is_number_integer(); }
  bool has(const char *key) const { return json_->is_object() && json_->contains(key); }
  size_t size() const { return json_->size(); }

  Status wrong(const std::string &why) const {
    return failure(Code::corrupt, "%s %s", path_.empty() ? "program.json" : path_.c_str(), why.c_str());
  }

  Result<Node> get(const char *key) const {
    if (!json_->is_object())
      return wrong("is not an object");
    auto found = json_->find(key);
    if (found == json_->end())
      return wrong("has no member '" + std::string(key) + "'");
    return Node(*found, path_.empty() ? key : path_ + "." + key);
  }

  Node at(size_t i) const { return Node((*json_)[i], path_ + "[" + std::to_string(i) + "]"); }

  Result<Node> array(const char *key) const {
    ATTN_ASSIGN_OR_RETURN(node, get(key));
    if (!node.json_->is_array())
      return node.wrong("is not an array");
    return node;
  }

  Result<std::string> text(const char *key) const {
    ATTN_ASSIGN_OR_RETURN(node, get(key));
    return node.text();
  }

  Result<std::string> text() const {
    if (!json_->is_string())
      return wrong("is not text");
    return json_->get_ref<const std::string &>();
  }

  Result<int64_t> integer(int64_t min, int64_t max) const {
    bool fits = json_->is_number_integer() && !(json_->is_number_unsigned() && json_->get<uint64_t>() > INT64_MAX);
    if (!fits || json_->get<int64_t>() < min || json_->get<int64_t>() > max)
      return wrong("is not an integer from " + std::to_string(min) + " to " + std::to_string(max));
    return json_->get<int64_t>();
  }

  Result<int64_t> integer(const char *key, int64_t min, int64_t max) const {
    ATTN_ASSIGN_OR_RETURN(node, get(key));
    return node.integer(min, max);
  }

  double number() const { return json_->get<double>(); }
  bool boolean() const { return json_->get<bool>(); }

  /// The members of an object, each as a node.
  std::vector<std::pair<std::string, Node>> members() const {
    std::vector<std::pair<std::string, Node>> out;
    if (json_->is_object())
      for (auto it = json_->begin(); it != json_->end(); ++it)
        out.emplace_back(it.key(), Node(it.value(), path_ + "." + it.key()));
    return out;
  }

private:
  const Json *json_;
  std::string path_;
};

} // namespace

/// Reads each element of the array |key| with |read|, which fills one T.
template <typename T, typename Read>
static Status readArray(const Node &parent, const char *key, std::vector<T> &out, Read read) {
  ATTN_ASSIGN_OR_RETURN(array, parent.array(key));
  out.reserve(array.size());
  for (size_t i = 0; i < array.size(); ++i) {
    out.emplace_back();
    ATTN_RETURN_IF_ERROR(read(array.at(i), out.back()));
  }
  return Status();
}

//===----------------------------------------------------------------------===//
// Types, expressions, shapes
//===----------------------------------------------------------------------===//

static Status readType(const Node &parent, ElementType &out) {
  ATTN_ASSIGN_OR_RETURN(name, parent.text("type"));
  std::optional<ElementType> type = findElementType(name);
  if (!type)
    return parent.wrong("has the unknown type '" + name + "'");
  out = *type;
  return Status();
}

static Status readName(const Node &parent, std::string &out) {
  ATTN_ASSIGN_OR_RETURN(name, parent.text("name"));
  if (name.empty())
    return parent.wrong("has an empty name");
  out = std::move(name);
  return Status();
}

static Status readExpression(const Node &node, const ExpressionScope &scope, Expression &out) {
  if (node.isInteger()) {
    ATTN_ASSIGN_OR_RETURN(value, node.integer(INT64_MIN, INT64_MAX));
    out = Expression(value);
    return Status();
  }
  ATTN_ASSIGN_OR_RETURN(text, node.text());
  Result<Expression> parsed = Expression::parse(text, scope);
  if (!parsed)
    return parsed.status().at(node.path());
  out = std::move(*parsed);
  return Status();
}

static Status readExpressions(const Node &parent, const char *key, const ExpressionScope &scope,
                              std::vector<Expression> &out) {
  return readArray(parent, key, out,
                   [&](const Node &node, Expression &expression) { return readExpression(node, scope, expression); });
}

static Status readShape(const Node &parent, const ExpressionScope &scope, SymbolicShape &out) {
  ATTN_RETURN_IF_ERROR(readArray(parent, "shape", out, [&](const Node &node, Dimension &dimension) -> Status {
    ATTN_RETURN_IF_ERROR(readExpression(node, scope, dimension.expression));
    if (node.isText()) {
      ATTN_ASSIGN_OR_RETURN(text, node.text());
      dimension.text = std::move(text);
      return Status();
    }
    ATTN_ASSIGN_OR_RETURN(value, node.integer(0, INT64_MAX));
    dimension.text = std::to_string(value);
    return Status();
  }));
  if (out.size() > ATTN_MAX_RANK)
    return parent.wrong("has more than " + std::to_string(ATTN_MAX_RANK) + " dimensions");
  return Status();
}

static Status readFixedShape(const Node &parent, std::vector<int64_t> &out) {
  ATTN_RETURN_IF_ERROR(readArray(parent, "shape", out, [](const Node &node, int64_t &size) -> Status {
    ATTN_ASSIGN_OR_RETURN(value, node.integer(0, INT64_MAX));
    size = value;
    return Status();
  }));
  if (out.size() > ATTN_MAX_RANK)
    return parent.wrong("has more than " + std::to_string(ATTN_MAX_RANK) + " dimensions");
  return Status();
}

//===----------------------------------------------------------------------===//
// Targets and kernels
//===----------------------------------------------------------------------===//

static Status readTarget(const Node &node, Target &out) {
  ATTN_ASSIGN_OR_RETURN(device, node.text("device"));
  ATTN_ASSIGN_OR_RETURN(entry, node.text("entry"));
  out.device = std::move(device);
  out.entry = std::move(entry);
  if (out.device == "cuda") {
    ATTN_ASSIGN_OR_RETURN(arch, node.text("arch"));
    out.arch = std::move(arch);
    return Status();
  }
  if (out.device != "cpu")
    return Status(); // a later minor version's device, for a reader that knows it
  ATTN_ASSIGN_OR_RETURN(abi, node.integer("abi", 0, INT32_MAX));
  if (abi != ATTN_KERNEL_ABI)
    return failure(Code::unsupported,
                   "%s was made for kernel interface %lld, but this runtime has %d; compile the program again",
                   out.entry.c_str(), static_cast<long long>(abi), ATTN_KERNEL_ABI);
  ATTN_ASSIGN_OR_RETURN(triple, node.text("triple"));
  out.triple = std::move(triple);
  return readArray(node, "features", out.features, [](const Node &feature, std::string &name) -> Status {
    ATTN_ASSIGN_OR_RETURN(text, feature.text());
    name = std::move(text);
    return Status();
  });
}

static Status readKernelArgument(const Node &node, KernelArgument &out) {
  using Kind = KernelArgument::Kind;
  using Access = KernelArgument::Access;
  ATTN_ASSIGN_OR_RETURN(kind, node.text("kind"));
  if (kind != "buffer" && kind != "weight" && kind != "scalar")
    return node.wrong("has the unknown kind '" + kind + "'");
  out.kind = kind == "buffer" ? Kind::buffer : kind == "weight" ? Kind::weight : Kind::scalar;
  if (out.kind != Kind::weight)
    ATTN_RETURN_IF_ERROR(readType(node, out.type));
  if (out.kind != Kind::scalar) {
    ATTN_ASSIGN_OR_RETURN(rank, node.integer("rank", 0, ATTN_MAX_RANK));
    out.rank = static_cast<int>(rank);
  }
  if (out.kind == Kind::buffer) {
    ATTN_ASSIGN_OR_RETURN(access, node.text("access"));
    if (access != "read" && access != "write" && access != "update")
      return node.wrong("has the unknown access '" + access + "'");
    out.access = access == "read" ? Access::read : access == "write" ? Access::write : Access::update;
  }
  return Status();
}

static Status readFormats(const Node &node, const Kernel &kernel, Implementation &out) {
  if (!node.has("formats"))
    return Status();
  ATTN_ASSIGN_OR_RETURN(formats, node.get("formats"));
  if (!formats.isObject())
    return formats.wrong("is not an object");
  for (const auto &[key, value] : formats.members()) {
    bool isIndex = !key.empty() && key.size() < 4 && key.find_first_not_of("0123456789") == std::string::npos;
    size_t argument = isIndex ? std::stoul(key) : SIZE_MAX;
    if (argument >= kernel.arguments.size() || kernel.arguments[argument].kind != KernelArgument::Kind::weight)
      return formats.wrong("has the key '" + key + "', which is not a weight argument of the kernel");
    ATTN_ASSIGN_OR_RETURN(name, value.text());
    std::optional<StorageFormat> format = formatByName(name);
    if (!format || !isSupported(*format))
      return value.wrong("is the unknown format '" + name + "'");
    out.formats.emplace_back(static_cast<int>(argument), *format);
  }
  return Status();
}

static Status readImplementation(const Node &node, const Kernel &kernel, Implementation &out) {
  ExpressionScope scope;
  int buffers = 0;
  for (const KernelArgument &argument : kernel.arguments)
    scope.arguments.push_back({argument.kind == KernelArgument::Kind::scalar ? -1 : buffers++, argument.rank});

  ATTN_ASSIGN_OR_RETURN(device, node.text("device"));
  ATTN_ASSIGN_OR_RETURN(symbol, node.text("symbol"));
  out.device = std::move(device);
  out.symbol = std::move(symbol);
  if (node.has("when")) {
    ATTN_ASSIGN_OR_RETURN(text, node.text("when"));
    Result<Predicate> when = Predicate::parse(text, scope);
    if (!when)
      return when.status().at(node.path() + ".when");
    out.when = std::move(*when);
  }
  ATTN_RETURN_IF_ERROR(readFormats(node, kernel, out));
  ATTN_RETURN_IF_ERROR(readExpressions(node, "grid", scope, out.grid));
  if (out.grid.empty() || out.grid.size() > ATTN_MAX_GRID)
    return node.wrong("has a grid that is not of 1 to " + std::to_string(ATTN_MAX_GRID) + " dimensions");
  ATTN_ASSIGN_OR_RETURN(scratch, node.integer("scratch", 0, int64_t{1} << 32));
  out.scratch = scratch;
  return Status();
}

static Status readKernel(const Node &node, Kernel &out) {
  ATTN_RETURN_IF_ERROR(readName(node, out.name));
  ATTN_RETURN_IF_ERROR(readArray(node, "arguments", out.arguments, readKernelArgument));
  return readArray(node, "implementations", out.implementations,
                   [&](const Node &child, Implementation &implementation) {
                     return readImplementation(child, out, implementation);
                   });
}

//===----------------------------------------------------------------------===//
// States, weights, constants
//===----------------------------------------------------------------------===//

/// The name that the dimension |axis| of a state's shape is, or nothing if it is an integer.
static Result<std::string> readAxisSymbol(const Node &shape, int64_t axis) {
  Node node = shape.at(static_cast<size_t>(axis));
  return node.isInteger() ? Result<std::string>(std::string()) : node.text();
}

static Status readState(const Node &node, StateDeclaration &out) {
  ATTN_RETURN_IF_ERROR(readName(node, out.name));
  ATTN_RETURN_IF_ERROR(readType(node, out.type));
  ATTN_ASSIGN_OR_RETURN(shape, node.array("shape"));
  int64_t rank = static_cast<int64_t>(shape.size());
  ATTN_ASSIGN_OR_RETURN(positionAxis, node.integer("position_axis", 0, rank - 1));
  ATTN_ASSIGN_OR_RETURN(sequenceAxis, node.integer("sequence_axis", 0, rank - 1));
  if (positionAxis == sequenceAxis)
    return node.wrong("has one axis for positions and sequences");
  out.positionAxis = static_cast<int>(positionAxis);
  out.sequenceAxis = static_cast<int>(sequenceAxis);
  // A name that cannot be mentioned stands in for an integer, so that both slots exist.
  ATTN_ASSIGN_OR_RETURN(capacity, readAxisSymbol(shape, positionAxis));
  ATTN_ASSIGN_OR_RETURN(sequences, readAxisSymbol(shape, sequenceAxis));
  ExpressionScope scope;
  scope.names = {capacity, sequences};
  ATTN_RETURN_IF_ERROR(readShape(node, scope, out.shape));
  for (int axis : {out.positionAxis, out.sequenceAxis}) {
    const Expression &expression = out.shape[axis].expression;
    int slot = axis == out.positionAxis ? StateDeclaration::capacitySlot : StateDeclaration::sequencesSlot;
    if (!expression.isConstant() && expression.onlyName() != slot)
      return shape.wrong("has neither a symbol of its own nor an integer at dimension " + std::to_string(axis));
  }
  ATTN_ASSIGN_OR_RETURN(advance, node.get("advance"));
  if (!advance.isNull()) {
    ATTN_ASSIGN_OR_RETURN(name, advance.text());
    out.advance = std::move(name);
  }
  return Status();
}

static Status readWeight(const Node &node, WeightDeclaration &out) {
  ATTN_RETURN_IF_ERROR(readName(node, out.name));
  ATTN_RETURN_IF_ERROR(readFixedShape(node, out.shape));
  if (node.has("repeat")) {
    ATTN_ASSIGN_OR_RETURN(repeat, node.get("repeat"));
    auto members = repeat.members();
    if (!repeat.isObject() || members.size() > 1)
      return repeat.wrong("is not an object of at most one index");
    for (const auto &[index, count] : members) {
      ATTN_ASSIGN_OR_RETURN(value, count.integer(0, 1 << 20));
      out.index = index;
      out.count = value;
    }
  }
  bool hasIndex = !out.index.empty() && out.name.find("{" + out.index + "}") != std::string::npos;
  bool hasBrace = out.name.find_first_of("{}") != std::string::npos;
  if (hasBrace != hasIndex || hasIndex != !out.index.empty())
    return node.wrong("has a name whose braces do not agree with its 'repeat'");
  return Status();
}

static Status readConstant(const Node &node, Constant &out) {
  ATTN_RETURN_IF_ERROR(readType(node, out.type));
  ATTN_RETURN_IF_ERROR(readFixedShape(node, out.shape));
  ATTN_ASSIGN_OR_RETURN(offset, node.integer("offset", 0, INT64_MAX));
  ATTN_ASSIGN_OR_RETURN(bytes, node.integer("bytes", 0, INT64_MAX));
  out.offset = static_cast<uint64_t>(offset);
  out.bytes = static_cast<uint64_t>(bytes);
  int64_t size = elementSize(out.type);
  for (int64_t dimension : out.shape)
    if (__builtin_mul_overflow(size, dimension, &size))
      return node.wrong("has more elements than 64 bits count");
  if (size != bytes || offset % ATTN_ENTRY_ALIGNMENT != 0)
    return node.wrong("has an offset or size that its type and shape do not have");
  return Status();
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

static Status readSymbol(const Node &node, Symbol &out) {
  ATTN_RETURN_IF_ERROR(readName(node, out.name));
  ATTN_ASSIGN_OR_RETURN(min, node.integer("min", 0, INT64_MAX));
  out.min = min;
  ATTN_ASSIGN_OR_RETURN(maximum, node.get("max"));
  if (!maximum.isNull()) {
    ATTN_ASSIGN_OR_RETURN(max, maximum.integer(min, INT64_MAX));
    out.max = max;
  }
  return Status();
}

static Status readView(const Node &node, const ExpressionScope &scope, View &out) {
  ATTN_ASSIGN_OR_RETURN(offset, node.get("offset"));
  ATTN_RETURN_IF_ERROR(readExpression(offset, scope, out.offset));
  ATTN_RETURN_IF_ERROR(readExpressions(node, "shape", scope, out.shape));
  ATTN_RETURN_IF_ERROR(readExpressions(node, "strides", scope, out.strides));
  if (out.shape.size() != out.strides.size() || out.shape.size() > ATTN_MAX_RANK)
    return node.wrong("does not have one stride for each of at most " + std::to_string(ATTN_MAX_RANK) + " dimensions");
  return Status();
}

/// The bit pattern of |node|'s number in |type|, which is a scalar argument's.
static Status readValue(const Node &node, const KernelArgument *argument, uint64_t &out) {
  if (!argument || argument->kind != KernelArgument::Kind::scalar)
    return node.wrong("stands for an argument that is not a scalar");
  if (argument->type == ElementType::f32) {
    if (!node.isNumber())
      return node.wrong("is not a number");
    float value = static_cast<float>(node.number());
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    out = bits;
    return Status();
  }
  int64_t limits[2] = {INT64_MIN, INT64_MAX};
  switch (argument->type) {
  case ElementType::i32:
    limits[0] = INT32_MIN, limits[1] = INT32_MAX;
    break;
  case ElementType::i8:
    limits[0] = INT8_MIN, limits[1] = INT8_MAX;
    break;
  case ElementType::u8:
    limits[0] = 0, limits[1] = UINT8_MAX;
    break;
  case ElementType::i1:
    limits[0] = 0, limits[1] = 1;
    break;
  case ElementType::i64:
    break;
  default:
    return node.wrong("is for a scalar of a type that constants do not have");
  }
  if (argument->type == ElementType::i1 && node.isBool()) {
    out = node.boolean();
    return Status();
  }
  ATTN_ASSIGN_OR_RETURN(value, node.integer(limits[0], limits[1]));
  uint64_t mask = argument->type == ElementType::i64 ? ~uint64_t{0} : (uint64_t{1} << (8 * elementSize(argument->type))) - 1;
  out = static_cast<uint64_t>(value) & mask;
  return Status();
}

static Status readOperand(const Node &node, const ExpressionScope &scope, const KernelArgument *argument, Operand &out) {
  using Kind = Operand::Kind;
  static constexpr std::pair<const char *, Kind> kinds[] = {
      {"argument", Kind::argument}, {"result", Kind::result}, {"temporary", Kind::temporary}, {"weight", Kind::weight},
      {"constant", Kind::constant}, {"state", Kind::state},   {"length", Kind::length},       {"value", Kind::value}};
  int found = 0;
  for (const auto &[key, kind] : kinds) {
    if (!node.has(key))
      continue;
    ++found;
    out.kind = kind;
    ATTN_ASSIGN_OR_RETURN(value, node.get(key));
    if (kind == Kind::value) {
      ATTN_RETURN_IF_ERROR(readValue(value, argument, out.bits));
      continue;
    }
    ATTN_ASSIGN_OR_RETURN(index, value.integer(0, INT32_MAX));
    out.index = static_cast<int>(index);
  }
  if (found != 1)
    return node.wrong("does not name exactly one thing");
  if (node.has("at")) {
    if (out.kind != Kind::state)
      return node.wrong("has 'at', which only a state has");
    ATTN_RETURN_IF_ERROR(readExpressions(node, "at", scope, out.at));
  }
  if (node.has("view")) {
    if (out.kind == Kind::value || out.kind == Kind::weight)
      return node.wrong("has a 'view', which values and weights do not have");
    ATTN_ASSIGN_OR_RETURN(view, node.get("view"));
    ATTN_RETURN_IF_ERROR(readView(view, scope, out.view.emplace()));
  }
  return Status();
}

static Status readCommand(const Node &node, const Program &program, const ExpressionScope &scope, Command &out) {
  const Kernel *kernel = nullptr;
  if (node.has("kernel")) {
    ATTN_ASSIGN_OR_RETURN(index, node.integer("kernel", 0, static_cast<int64_t>(program.kernels.size()) - 1));
    out.kernel = static_cast<int>(index);
    kernel = &program.kernels[index];
  } else if (!node.has("copy")) {
    return node.wrong("is neither a launch nor a copy");
  }
  ATTN_RETURN_IF_ERROR(readArray(node, kernel ? "operands" : "copy", out.operands,
                                 [&](const Node &child, Operand &operand) {
                                   size_t i = out.operands.size() - 1;
                                   bool inRange = kernel && i < kernel->arguments.size();
                                   return readOperand(child, scope, inRange ? &kernel->arguments[i] : nullptr, operand);
                                 }));
  size_t wanted = kernel ? kernel->arguments.size() : 2;
  if (out.operands.size() != wanted)
    return node.wrong("has " + std::to_string(out.operands.size()) + " operands, but " + std::to_string(wanted) +
                      " are needed");
  return Status();
}

static Status readCommands(const Node &node, const Program &program, ExpressionScope scope, std::vector<Block> &out) {
  ATTN_ASSIGN_OR_RETURN(commands, node.array("commands"));
  for (size_t i = 0; i < commands.size(); ++i) {
    Node command = commands.at(i);
    if (!command.has("repeat")) {
      if (out.empty() || !out.back().index.empty())
        out.emplace_back();
      ATTN_RETURN_IF_ERROR(readCommand(command, program, scope, out.back().commands.emplace_back()));
      continue;
    }
    Block &block = out.emplace_back();
    ATTN_ASSIGN_OR_RETURN(repeat, command.integer("repeat", 0, 1 << 20));
    ATTN_ASSIGN_OR_RETURN(index, command.text("index"));
    block.repeat = repeat;
    block.index = index;
    if (index.empty())
      return command.wrong("has an empty index");
    ExpressionScope inner = scope;
    inner.names.push_back(index);
    ATTN_RETURN_IF_ERROR(readArray(command, "commands", block.commands, [&](const Node &child, Command &body) {
      return readCommand(child, program, inner, body);
    }));
  }
  return Status();
}

static Status readTask(const Node &node, const Function &function, std::optional<LanguageTask> &out) {
  if (node.isNull())
    return Status();
  ATTN_ASSIGN_OR_RETURN(kind, node.text("kind"));
  if (kind != "lm")
    return Status(); // a later minor version's task: the function still runs by name
  LanguageTask &task = out.emplace();
  auto resolve = [&](const char *key, const std::vector<TensorDeclaration> &among, int &index) -> Status {
    ATTN_ASSIGN_OR_RETURN(name, node.text(key));
    for (size_t i = 0; i < among.size(); ++i)
      if (among[i].name == name) {
        index = static_cast<int>(i);
        return Status();
      }
    return node.wrong("names '" + name + "' as " + key + ", which the function does not have");
  };
  ATTN_RETURN_IF_ERROR(resolve("tokens", function.arguments, task.tokens));
  ATTN_RETURN_IF_ERROR(resolve("lengths", function.arguments, task.lengths));
  ATTN_RETURN_IF_ERROR(resolve("logits", function.results, task.logits));
  if (!node.has("metadata"))
    return Status();
  ATTN_ASSIGN_OR_RETURN(metadata, node.get("metadata"));
  for (const auto &[key, value] : metadata.members()) {
    if (value.isText()) {
      ATTN_ASSIGN_OR_RETURN(text, value.text());
      task.metadata.emplace_back(key, std::move(text));
    } else if (value.isBool()) {
      task.metadata.emplace_back(key, value.boolean());
    } else if (value.isNumber()) {
      task.metadata.emplace_back(key, value.number());
    } else {
      return value.wrong("is neither a number nor text");
    }
  }
  return Status();
}

static Status readFunction(const Node &node, const Program &program, Function &out) {
  ATTN_RETURN_IF_ERROR(readName(node, out.name));
  ATTN_RETURN_IF_ERROR(readArray(node, "symbols", out.symbols, readSymbol));
  ExpressionScope scope;
  for (const Symbol &symbol : out.symbols)
    scope.names.push_back(symbol.name);
  auto readTensor = [&](const Node &child, TensorDeclaration &tensor) -> Status {
    ATTN_RETURN_IF_ERROR(readName(child, tensor.name));
    ATTN_RETURN_IF_ERROR(readType(child, tensor.type));
    return readShape(child, scope, tensor.shape);
  };
  ATTN_RETURN_IF_ERROR(readArray(node, "arguments", out.arguments, readTensor));
  ATTN_RETURN_IF_ERROR(readArray(node, "results", out.results, readTensor));
  ATTN_RETURN_IF_ERROR(readArray(node, "temporaries", out.temporaries, [&](const Node &child, Temporary &temporary) -> Status {
    ATTN_RETURN_IF_ERROR(readType(child, temporary.type));
    ATTN_RETURN_IF_ERROR(readShape(child, scope, temporary.shape));
    ATTN_ASSIGN_OR_RETURN(first, child.integer("first", 0, INT32_MAX));
    ATTN_ASSIGN_OR_RETURN(last, child.integer("last", first, INT32_MAX));
    temporary.first = static_cast<int>(first);
    temporary.last = static_cast<int>(last);
    return Status();
  }));
  ATTN_ASSIGN_OR_RETURN(task, node.get("task"));
  ATTN_RETURN_IF_ERROR(readTask(task, out, out.task));
  return readCommands(node, program, scope, out.blocks);
}

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

static Status readFormat(const Node &root, Program &out) {
  ATTN_ASSIGN_OR_RETURN(format, root.array("format"));
  if (format.size() != 2)
    return format.wrong("is not a major and a minor version");
  ATTN_ASSIGN_OR_RETURN(major, format.at(0).integer(0, INT32_MAX));
  ATTN_ASSIGN_OR_RETURN(minor, format.at(1).integer(0, INT32_MAX));
  if (major != ATTN_FORMAT_MAJOR)
    return failure(Code::unsupported, "the artefact has format %lld.%lld, but this runtime reads format %d; %s",
                   static_cast<long long>(major), static_cast<long long>(minor), ATTN_FORMAT_MAJOR,
                   major > ATTN_FORMAT_MAJOR ? "use a newer runtime" : "compile the program again");
  out.minor = static_cast<int>(minor);
  return Status();
}

static Status readReport(const Node &root, Program &out) {
  ATTN_ASSIGN_OR_RETURN(report, root.get("report"));
  return readArray(report, "kernels", out.report, [](const Node &node, KernelReport &row) -> Status {
    ATTN_RETURN_IF_ERROR(readName(node, row.name));
    ATTN_ASSIGN_OR_RETURN(fused, node.get("fused"));
    if (!fused.isBool())
      return fused.wrong("is neither true nor false");
    row.fused = fused.boolean();
    ATTN_ASSIGN_OR_RETURN(why, node.text("why"));
    row.why = std::move(why);
    return Status();
  });
}

Result<Program> readProgram(std::string_view text) {
  Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded())
    return failure(Code::corrupt, "program.json is not JSON; compile the program again");
  Node root(json, "");
  Program program;
  ATTN_RETURN_IF_ERROR(readFormat(root, program));
  ATTN_RETURN_IF_ERROR(readName(root, program.name));
  ATTN_ASSIGN_OR_RETURN(compiler, root.text("compiler"));
  program.compiler = std::move(compiler);
  ATTN_RETURN_IF_ERROR(readArray(root, "targets", program.targets, readTarget));
  ATTN_RETURN_IF_ERROR(readArray(root, "kernels", program.kernels, readKernel));
  ATTN_RETURN_IF_ERROR(readArray(root, "states", program.states, readState));
  ATTN_RETURN_IF_ERROR(readArray(root, "weights", program.weights, readWeight));
  ATTN_RETURN_IF_ERROR(readArray(root, "constants", program.constants, readConstant));
  ATTN_RETURN_IF_ERROR(readArray(root, "functions", program.functions, [&](const Node &node, Function &function) {
    return readFunction(node, program, function);
  }));
  ATTN_RETURN_IF_ERROR(readReport(root, program));
  return program;
}

} // namespace attn
