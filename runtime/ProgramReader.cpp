//===- ProgramReader.cpp - reads program.json -*- C++ -*-===//
//
// From JSON to the model of Program.h: all but functions, which are read in FunctionReader.cpp. What relates parts to
// each other is checked afterwards, in ProgramCheck.cpp.
//
//===----------------------------------------------------------------------===//

#include "runtime/JsonNode.h"
#include "runtime/cuda/Architecture.h"

#include <algorithm>

namespace attn {

//===----------------------------------------------------------------------===//
// Types, expressions, shapes
//===----------------------------------------------------------------------===//

Status readType(const JsonNode &parent, ElementType &out) {
  ATTN_ASSIGN_OR_RETURN(name, parent.text("type"));
  std::optional<ElementType> type = findElementType(name);
  if (!type)
    return parent.wrong("has the unknown type '" + name + "'");
  out = *type;
  return Status();
}

Status readName(const JsonNode &parent, std::string &out) {
  ATTN_ASSIGN_OR_RETURN(name, parent.text("name"));
  if (name.empty())
    return parent.wrong("has an empty name");
  out = std::move(name);
  return Status();
}

Status readExpression(const JsonNode &node, const ExpressionScope &scope, Expression &out) {
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

Status readExpressions(const JsonNode &parent, const char *key, const ExpressionScope &scope,
                       std::vector<Expression> &out) {
  return readArray(parent, key, out, [&](const JsonNode &node, Expression &expression) {
    return readExpression(node, scope, expression);
  });
}

Status readDimension(const JsonNode &node, const ExpressionScope &scope, Dimension &out) {
  ATTN_RETURN_IF_ERROR(readExpression(node, scope, out.expression));
  if (node.isText()) {
    ATTN_ASSIGN_OR_RETURN(text, node.text());
    out.text = std::move(text);
    return Status();
  }
  ATTN_ASSIGN_OR_RETURN(value, node.integer(0, INT64_MAX));
  out.text = std::to_string(value);
  return Status();
}

Status readShape(const JsonNode &parent, const ExpressionScope &scope, SymbolicShape &out) {
  ATTN_RETURN_IF_ERROR(readArray(parent, "shape", out, [&](const JsonNode &node, Dimension &dimension) {
    return readDimension(node, scope, dimension);
  }));
  if (out.size() > ATTN_MAX_RANK)
    return parent.wrong("has more than " + std::to_string(ATTN_MAX_RANK) + " dimensions");
  return Status();
}

static Status readFixedShape(const JsonNode &parent, std::vector<int64_t> &out) {
  ATTN_RETURN_IF_ERROR(readArray(parent, "shape", out, [](const JsonNode &node, int64_t &size) -> Status {
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

static Status readArchitecture(const JsonNode &node, std::string &out) {
  ATTN_ASSIGN_OR_RETURN(arch, node.text("arch"));
  if (!Architecture::parse(arch))
    return node.wrong("has the unknown architecture '" + arch + "'");
  out = std::move(arch);
  return Status();
}

static Status readTarget(const JsonNode &node, Target &out) {
  ATTN_ASSIGN_OR_RETURN(device, node.text("device"));
  ATTN_ASSIGN_OR_RETURN(entry, node.text("entry"));
  out.device = std::move(device);
  out.entry = std::move(entry);
  if (out.device == "cuda")
    return readArchitecture(node, out.arch);
  if (out.device != "cpu")
    return Status(); // a later minor version's device, for a reader that knows it
  ATTN_ASSIGN_OR_RETURN(abi, node.integer("abi", 0, INT32_MAX));
  if (abi != ATTN_KERNEL_ABI)
    return failure(Code::unsupported,
                   "%s was made for kernel interface %lld, but this runtime has %d; compile the program again",
                   out.entry.c_str(), static_cast<long long>(abi), ATTN_KERNEL_ABI);
  ATTN_ASSIGN_OR_RETURN(triple, node.text("triple"));
  out.triple = std::move(triple);
  return readArray(node, "features", out.features, [](const JsonNode &feature, std::string &name) -> Status {
    ATTN_ASSIGN_OR_RETURN(text, feature.text());
    name = std::move(text);
    return Status();
  });
}

static Status readKernelArgument(const JsonNode &node, KernelArgument &out) {
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

static Status readFormats(const JsonNode &node, const Kernel &kernel, Implementation &out) {
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

static Status readTensorMap(const JsonNode &node, const Kernel &kernel, TensorMapUse &out) {
  ATTN_ASSIGN_OR_RETURN(number, node.integer("argument", 0, INT32_MAX));
  bool isBuffer = static_cast<size_t>(number) < kernel.arguments.size() &&
                  kernel.arguments[number].kind == KernelArgument::Kind::buffer;
  if (!isBuffer)
    return node.wrong("names argument " + std::to_string(number) + ", which is no buffer of the kernel");
  const KernelArgument &argument = kernel.arguments[number];
  ATTN_RETURN_IF_ERROR(readArray(node, "box", out.box, [](const JsonNode &child, int64_t &size) -> Status {
    ATTN_ASSIGN_OR_RETURN(value, child.integer(1, 256));
    size = value;
    return Status();
  }));
  ATTN_ASSIGN_OR_RETURN(swizzle, node.integer("swizzle", 0, 128));
  if (swizzle != 0 && swizzle != 32 && swizzle != 64 && swizzle != 128)
    return node.wrong("has a swizzle of " + std::to_string(swizzle) + ", which is none of 0, 32, 64 and 128");
  if (argument.rank < 1 || argument.rank > 5 || out.box.size() != static_cast<size_t>(argument.rank))
    return node.wrong("has a box of " + std::to_string(out.box.size()) + " dimensions for an argument of rank " +
                      std::to_string(argument.rank) + "; both have to be the same, 1 to 5");
  int64_t rowBytes = out.box.back() * elementSize(argument.type);
  if (rowBytes % 16 != 0 || (swizzle != 0 && rowBytes > swizzle))
    return node.wrong("has a box whose rows are " + std::to_string(rowBytes) +
                      " bytes, which is no multiple of 16 within the swizzle");
  out.argument = static_cast<int>(number);
  out.swizzle = static_cast<int>(swizzle);
  return Status();
}

/// Threads and shared memory within what any GPU has; whether the one at hand has as much is its device's business.
static Status readGpuLaunch(const JsonNode &node, const Kernel &kernel, Implementation &out) {
  ATTN_RETURN_IF_ERROR(readArchitecture(node, out.arch));
  ATTN_ASSIGN_OR_RETURN(block, node.integer("block", 1, 1024));
  ATTN_ASSIGN_OR_RETURN(shared, node.integer("shared", 0, 1 << 20));
  out.block = static_cast<int>(block);
  out.shared = shared;
  if (!node.has("tensor_maps"))
    return Status();
  return readArray(node, "tensor_maps", out.tensorMaps,
                   [&](const JsonNode &child, TensorMapUse &use) { return readTensorMap(child, kernel, use); });
}

static Status readImplementation(const JsonNode &node, const Kernel &kernel, Implementation &out) {
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
  if (out.device == "cuda")
    return readGpuLaunch(node, kernel, out);
  if (out.device != "cpu")
    return Status(); // a later minor version's device
  ATTN_ASSIGN_OR_RETURN(scratch, node.integer("scratch", 0, int64_t{1} << 32));
  out.scratch = scratch;
  return Status();
}

static Status readAttentionRoles(const JsonNode &node, Kernel &out) {
  if (!node.has("attention"))
    return Status();
  using Access = KernelArgument::Access;
  ATTN_ASSIGN_OR_RETURN(attention, node.get("attention"));
  auto read = [&](const char *name, std::initializer_list<Access> accesses, int leastRank, int &number) -> Status {
    ATTN_ASSIGN_OR_RETURN(index, attention.integer(name, 0, static_cast<int64_t>(out.arguments.size()) - 1));
    const KernelArgument &argument = out.arguments[index];
    if (argument.kind != KernelArgument::Kind::buffer || argument.rank < leastRank || argument.rank > 4 ||
        std::find(accesses.begin(), accesses.end(), argument.access) == accesses.end())
      return attention.wrong("names argument " + std::to_string(index) + " as " + name +
                             ", which is no buffer of rank " +
                             (leastRank < 4 ? std::to_string(leastRank) + " or 4" : "4") + " with that access");
    number = static_cast<int>(index);
    return Status();
  };
  AttentionRoles &roles = out.attention.emplace();
  ATTN_RETURN_IF_ERROR(read("value", {Access::read}, 3, roles.value));
  ATTN_RETURN_IF_ERROR(read("output", {Access::write}, 3, roles.output));
  if (attention.has("twin")) {
    ATTN_ASSIGN_OR_RETURN(twin, attention.integer("twin", 0, INT32_MAX));
    roles.twin = static_cast<int>(twin);
  }
  if (!attention.has("state"))
    return Status();
  ATTN_RETURN_IF_ERROR(read("state", {Access::read, Access::update}, 4, roles.state));
  return roles.state != roles.value ? Status()
                                    : attention.wrong("names argument " + std::to_string(roles.state) +
                                                      " as value and as state, which are two buffers");
}

static Status readKernel(const JsonNode &node, Kernel &out) {
  ATTN_RETURN_IF_ERROR(readName(node, out.name));
  ATTN_RETURN_IF_ERROR(readArray(node, "arguments", out.arguments, readKernelArgument));
  ATTN_RETURN_IF_ERROR(readAttentionRoles(node, out));
  return readArray(node, "implementations", out.implementations,
                   [&](const JsonNode &child, Implementation &implementation) {
                     return readImplementation(child, out, implementation);
                   });
}

//===----------------------------------------------------------------------===//
// States, weights, constants
//===----------------------------------------------------------------------===//

/// The name that the dimension |axis| of a state's shape is, or nothing if it is an integer.
static Result<std::string> readAxisSymbol(const JsonNode &shape, int64_t axis) {
  JsonNode node = shape.at(static_cast<size_t>(axis));
  return node.isInteger() ? Result<std::string>(std::string()) : node.text();
}

static Status readState(const JsonNode &node, StateDeclaration &out) {
  ATTN_RETURN_IF_ERROR(readName(node, out.name));
  ATTN_RETURN_IF_ERROR(readType(node, out.type));
  ATTN_ASSIGN_OR_RETURN(shape, node.array("shape"));
  int64_t rank = static_cast<int64_t>(shape.size());
  ATTN_ASSIGN_OR_RETURN(position, node.get("position_axis"));
  int64_t positionAxis = -1;
  if (!position.isNull()) {
    ATTN_ASSIGN_OR_RETURN(axis, node.integer("position_axis", 0, rank - 1));
    positionAxis = axis;
  }
  ATTN_ASSIGN_OR_RETURN(sequenceAxis, node.integer("sequence_axis", 0, rank - 1));
  if (positionAxis == sequenceAxis)
    return node.wrong("has one axis for positions and sequences");
  out.positionAxis = static_cast<int>(positionAxis);
  out.sequenceAxis = static_cast<int>(sequenceAxis);
  if (node.has("folds_at")) {
    ATTN_ASSIGN_OR_RETURN(foldsAt, node.integer("folds_at", 1, INT32_MAX));
    if (out.isSum())
      return node.wrong("is emptied at some number of positions, but has none");
    out.foldsAt = foldsAt;
  }
  // A name that cannot be mentioned stands in for an integer, so that both slots exist.
  std::string capacity;
  if (!out.isSum()) {
    ATTN_ASSIGN_OR_RETURN(symbol, readAxisSymbol(shape, positionAxis));
    capacity = std::move(symbol);
  }
  ATTN_ASSIGN_OR_RETURN(sequences, readAxisSymbol(shape, sequenceAxis));
  ExpressionScope scope;
  scope.names = {capacity, sequences};
  ATTN_RETURN_IF_ERROR(readShape(node, scope, out.shape));
  for (int axis : {out.positionAxis, out.sequenceAxis}) {
    if (axis < 0)
      continue;
    const Expression &expression = out.shape[axis].expression;
    int slot = axis == out.positionAxis ? StateDeclaration::capacitySlot : StateDeclaration::sequencesSlot;
    if (!expression.isConstant() && expression.onlyName() != slot)
      return shape.wrong("has neither a symbol of its own nor an integer at dimension " + std::to_string(axis));
  }
  ATTN_ASSIGN_OR_RETURN(advance, node.get("advance"));
  if (!advance.isNull()) {
    out.advancesByOffsets = advance.isObject();
    ATTN_ASSIGN_OR_RETURN(name, out.advancesByOffsets ? advance.text("offsets") : advance.text());
    out.advance = std::move(name);
  }
  return Status();
}

static Status readWeight(const JsonNode &node, WeightDeclaration &out) {
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

static Status readConstant(const JsonNode &node, Constant &out) {
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
// The program
//===----------------------------------------------------------------------===//

static Status readFormat(const JsonNode &root, Program &out) {
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

static Status readReport(const JsonNode &root, Program &out) {
  ATTN_ASSIGN_OR_RETURN(report, root.get("report"));
  return readArray(report, "kernels", out.report, [](const JsonNode &node, KernelReport &row) -> Status {
    ATTN_RETURN_IF_ERROR(readName(node, row.name));
    ATTN_ASSIGN_OR_RETURN(fused, node.get("fused"));
    if (!fused.isBool())
      return fused.wrong("is neither true nor false");
    row.fused = fused.boolean();
    ATTN_ASSIGN_OR_RETURN(why, node.text("why"));
    row.why = std::move(why);
    if (!node.has("left_out"))
      return Status();
    return readArray(node, "left_out", row.leftOut,
                     [](const JsonNode &entry, std::pair<std::string, std::string> &out) -> Status {
                       ATTN_ASSIGN_OR_RETURN(target, entry.text("target"));
                       ATTN_ASSIGN_OR_RETURN(reason, entry.text("why"));
                       out = {std::move(target), std::move(reason)};
                       return Status();
                     });
  });
}

Result<Program> readProgram(std::string_view text) {
  Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded())
    return failure(Code::corrupt, "program.json is not JSON; compile the program again");
  JsonNode root(json, "");
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
  ATTN_RETURN_IF_ERROR(readArray(root, "functions", program.functions, [&](const JsonNode &node, Function &function) {
    return readFunction(node, program, function);
  }));
  ATTN_RETURN_IF_ERROR(readReport(root, program));
  return program;
}

} // namespace attn
