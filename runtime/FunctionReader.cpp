//===- FunctionReader.cpp - reads the functions of program.json -*- C++ -*-===//

#include "runtime/JsonNode.h"

#include <cstring>

namespace attn {

static Status readSymbol(const JsonNode &node, Symbol &out) {
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

static Status readView(const JsonNode &node, const ExpressionScope &scope, View &out) {
  ATTN_ASSIGN_OR_RETURN(offset, node.get("offset"));
  ATTN_RETURN_IF_ERROR(readExpression(offset, scope, out.offset));
  ATTN_RETURN_IF_ERROR(readExpressions(node, "shape", scope, out.shape));
  ATTN_RETURN_IF_ERROR(readExpressions(node, "strides", scope, out.strides));
  if (out.shape.size() != out.strides.size() || out.shape.size() > ATTN_MAX_RANK)
    return node.wrong("does not have one stride for each of at most " + std::to_string(ATTN_MAX_RANK) + " dimensions");
  return Status();
}

/// The bit pattern of |node|'s number in |type|, which is a scalar argument's.
static Status readValue(const JsonNode &node, const KernelArgument *argument, uint64_t &out) {
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
  uint64_t mask =
      argument->type == ElementType::i64 ? ~uint64_t{0} : (uint64_t{1} << (8 * elementSize(argument->type))) - 1;
  out = static_cast<uint64_t>(value) & mask;
  return Status();
}

static Status readOperand(const JsonNode &node, const ExpressionScope &scope, const KernelArgument *argument,
                          Operand &out) {
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

static Status readCondition(const JsonNode &node, const ExpressionScope &scope, Condition &out) {
  ATTN_ASSIGN_OR_RETURN(flag, node.get("flag"));
  ATTN_RETURN_IF_ERROR(readOperand(flag, scope, nullptr, out.flag));
  ATTN_ASSIGN_OR_RETURN(count, node.integer("of", 1, INT32_MAX));
  ATTN_ASSIGN_OR_RETURN(value, node.integer("is", 0, count - 1));
  out.count = count;
  out.value = value;
  return Status();
}

static Status readCommand(const JsonNode &node, const Program &program, const ExpressionScope &scope, Command &out) {
  const Kernel *kernel = nullptr;
  if (node.has("kernel")) {
    ATTN_ASSIGN_OR_RETURN(index, node.integer("kernel", 0, static_cast<int64_t>(program.kernels.size()) - 1));
    out.kernel = static_cast<int>(index);
    kernel = &program.kernels[index];
  } else if (!node.has("copy")) {
    return node.wrong("is neither a launch nor a copy");
  }
  ATTN_RETURN_IF_ERROR(
      readArray(node, kernel ? "operands" : "copy", out.operands, [&](const JsonNode &child, Operand &operand) {
        size_t i = out.operands.size() - 1;
        bool inRange = kernel && i < kernel->arguments.size();
        return readOperand(child, scope, inRange ? &kernel->arguments[i] : nullptr, operand);
      }));
  size_t wanted = kernel ? kernel->arguments.size() : 2;
  if (out.operands.size() != wanted)
    return node.wrong("has " + std::to_string(out.operands.size()) + " operands, but " + std::to_string(wanted) +
                      " are needed");
  if (!node.has("when"))
    return Status();
  ATTN_ASSIGN_OR_RETURN(when, node.get("when"));
  return readCondition(when, scope, out.when.emplace());
}

static Status readCommands(const JsonNode &node, const Program &program, ExpressionScope scope,
                           std::vector<Block> &out) {
  ATTN_ASSIGN_OR_RETURN(commands, node.array("commands"));
  for (size_t i = 0; i < commands.size(); ++i) {
    JsonNode command = commands.at(i);
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
    ATTN_RETURN_IF_ERROR(readArray(command, "commands", block.commands, [&](const JsonNode &child, Command &body) {
      return readCommand(child, program, inner, body);
    }));
  }
  return Status();
}

static Status readTask(const JsonNode &node, const Function &function, std::optional<LanguageTask> &out) {
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

/// What the elements of an argument count, if it is lengths or offsets.
static Status readCounts(const JsonNode &node, const ExpressionScope &scope, TensorDeclaration &out) {
  for (auto [key, most] :
       {std::pair("lengths", &out.lengths), std::pair("offsets", &out.offsets), std::pair("steps", &out.steps)}) {
    if (!node.has(key))
      continue;
    ATTN_ASSIGN_OR_RETURN(value, node.get(key));
    ATTN_RETURN_IF_ERROR(readDimension(value, scope, most->emplace()));
  }
  bool isOffsets = out.offsets || out.steps;
  if ((out.lengths || isOffsets) && (out.type != ElementType::i32 || out.shape.size() != 1))
    return node.wrong("counts something, but is not i32 of rank 1");
  return out.lengths && isOffsets ? node.wrong("is lengths and offsets at once") : Status();
}

Status readFunction(const JsonNode &node, const Program &program, Function &out) {
  ATTN_RETURN_IF_ERROR(readName(node, out.name));
  ATTN_RETURN_IF_ERROR(readArray(node, "symbols", out.symbols, readSymbol));
  ExpressionScope scope;
  for (const Symbol &symbol : out.symbols)
    scope.names.push_back(symbol.name);
  auto readTensor = [&](const JsonNode &child, TensorDeclaration &tensor) -> Status {
    ATTN_RETURN_IF_ERROR(readName(child, tensor.name));
    ATTN_RETURN_IF_ERROR(readType(child, tensor.type));
    return readShape(child, scope, tensor.shape);
  };
  ATTN_RETURN_IF_ERROR(
      readArray(node, "arguments", out.arguments, [&](const JsonNode &child, TensorDeclaration &argument) -> Status {
        ATTN_RETURN_IF_ERROR(readTensor(child, argument));
        return readCounts(child, scope, argument);
      }));
  ATTN_RETURN_IF_ERROR(readArray(node, "results", out.results, readTensor));
  ATTN_RETURN_IF_ERROR(
      readArray(node, "temporaries", out.temporaries, [&](const JsonNode &child, Temporary &temporary) -> Status {
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
  // What the task calls lengths counts tokens, whether the argument says so or not.
  if (out.task && out.arguments[out.task->tokens].shape.size() == 2 && !out.arguments[out.task->lengths].lengths)
    out.arguments[out.task->lengths].lengths = out.arguments[out.task->tokens].shape[1];
  return readCommands(node, program, scope, out.blocks);
}

} // namespace attn
