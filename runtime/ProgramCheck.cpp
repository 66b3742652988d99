//===- ProgramCheck.cpp - checks what relates the parts of a program to each other -*- C++ -*-===//
//
// Item 13 of artifact.h, as far as it is about program.json alone: indices are in range, operands have the type, rank
// and access that their kernel wants, temporaries are used while they live, and every function knows the symbols of the
// states that it touches. On the way it derives which states a function uses.
//
//===----------------------------------------------------------------------===//

#include "runtime/Program.h"

#include <algorithm>
#include <set>

namespace attn {

namespace {

/// What an operand refers to.
struct Referent {
  ElementType type = ElementType::f32;
  int rank = 0;
  bool isScalar = false; ///< of shape [], so it may stand for a kernel's scalar
  bool isWritable = false;
};

class FunctionCheck {
public:
  FunctionCheck(const Program &program, Function &function) : program_(program), function_(function) {}

  Status run() {
    ATTN_RETURN_IF_ERROR(checkUnique());
    int number = 0;
    for (const Block &block : function_.blocks) {
      block_ = &block;
      // A repeat has a number of its own, before its body's.
      number += !block.index.empty();
      for (const Command &command : block.commands) {
        number_ = number++;
        ATTN_RETURN_IF_ERROR(
            checkCommand(command).at("function '" + function_.name + "', command " + std::to_string(number_)));
      }
    }
    for (const Temporary &temporary : function_.temporaries)
      if (temporary.last >= std::max(number, 1))
        return failure(Code::corrupt, "function '%s': temporary %zu lives until command %d, but there are %d commands",
                       function_.name.c_str(), &temporary - function_.temporaries.data(), temporary.last, number);
    for (StateUse &use : function_.states)
      ATTN_RETURN_IF_ERROR(resolveStateUse(use).at("function '" + function_.name + "'"));
    ATTN_RETURN_IF_ERROR(checkSymbolsAreBound());
    return checkTask().at("function '" + function_.name + "'");
  }

private:
  Status checkUnique() const {
    std::set<std::string> names;
    for (const Symbol &symbol : function_.symbols)
      if (!names.insert(symbol.name).second)
        return failure(Code::corrupt, "function '%s' has two symbols '%s'", function_.name.c_str(),
                       symbol.name.c_str());
    names.clear();
    for (const auto *list : {&function_.arguments, &function_.results})
      for (const TensorDeclaration &tensor : *list)
        if (!names.insert(tensor.name).second)
          return failure(Code::corrupt, "function '%s' has two arguments or results '%s'", function_.name.c_str(),
                         tensor.name.c_str());
    return Status();
  }

  /// A flag is one i32 in a buffer.
  Status checkCondition(const Condition &when) {
    if (when.flag.kind == Operand::Kind::value || when.flag.kind == Operand::Kind::weight)
      return failure(Code::corrupt, "its flag is a value or a weight");
    ATTN_ASSIGN_OR_RETURN(flag, resolve(when.flag));
    if (flag.type != ElementType::i32 || flag.rank != 1)
      return failure(Code::corrupt, "its flag is %s of rank %d, but i32 of rank 1 is needed",
                     elementTypeName(flag.type), flag.rank);
    return noteState(when.flag, /*updates=*/false);
  }

  Status checkCommand(const Command &command) {
    if (command.when)
      ATTN_RETURN_IF_ERROR(checkCondition(*command.when));
    if (command.kernel < 0)
      return checkCopy(command);
    const Kernel &kernel = program_.kernels[command.kernel];
    for (size_t i = 0; i < command.operands.size(); ++i)
      ATTN_RETURN_IF_ERROR(checkOperand(command.operands[i], kernel.arguments[i])
                               .at("operand " + std::to_string(i) + " of kernel '" + kernel.name + "'"));
    return Status();
  }

  Status checkCopy(const Command &command) {
    const Operand &from = command.operands[0], &to = command.operands[1];
    for (const Operand *operand : {&from, &to})
      if (operand->kind == Operand::Kind::value || operand->kind == Operand::Kind::weight)
        return failure(Code::corrupt, "a copy's operand is a value or a weight");
    ATTN_ASSIGN_OR_RETURN(source, resolve(from));
    ATTN_ASSIGN_OR_RETURN(destination, resolve(to));
    if (source.type != destination.type || source.rank != destination.rank)
      return failure(Code::corrupt, "a copy from %s of rank %d to %s of rank %d", elementTypeName(source.type),
                     source.rank, elementTypeName(destination.type), destination.rank);
    if (!destination.isWritable)
      return failure(Code::corrupt, "a copy to something that is read only");
    return noteState(to, /*updates=*/true);
  }

  Status checkOperand(const Operand &operand, const KernelArgument &argument) {
    bool isWeight = operand.kind == Operand::Kind::weight;
    if (isWeight != (argument.kind == KernelArgument::Kind::weight))
      return failure(Code::corrupt, isWeight ? "is a weight where the kernel has none" : "is no weight");
    if (operand.kind == Operand::Kind::value)
      return argument.kind == KernelArgument::Kind::scalar
                 ? Status()
                 : failure(Code::corrupt, "is a number where a buffer is needed");
    ATTN_ASSIGN_OR_RETURN(target, resolve(operand));
    if (argument.kind == KernelArgument::Kind::scalar) {
      if (!target.isScalar || operand.view || target.type != argument.type)
        return failure(Code::corrupt, "is not a scalar argument of type %s", elementTypeName(argument.type));
      return Status();
    }
    if (target.rank != argument.rank)
      return failure(Code::corrupt, "has rank %d, but %d is needed", target.rank, argument.rank);
    if (isWeight)
      return Status();
    if (target.type != argument.type)
      return failure(Code::corrupt, "has type %s, but %s is needed", elementTypeName(target.type),
                     elementTypeName(argument.type));
    if (argument.access != KernelArgument::Access::read && !target.isWritable)
      return failure(Code::corrupt, "is written, but it is read only");
    return noteState(operand, argument.access != KernelArgument::Access::read);
  }

  template <typename T> Status checkIndex(const Operand &operand, const std::vector<T> &among, const char *what) const {
    return static_cast<size_t>(operand.index) < among.size()
               ? Status()
               : failure(Code::corrupt, "names %s %d, but there are %zu", what, operand.index, among.size());
  }

  Result<Referent> resolve(const Operand &operand) {
    using Kind = Operand::Kind;
    Referent out;
    switch (operand.kind) {
    case Kind::argument:
      ATTN_RETURN_IF_ERROR(checkIndex(operand, function_.arguments, "argument"));
      out.type = function_.arguments[operand.index].type;
      out.rank = static_cast<int>(function_.arguments[operand.index].shape.size());
      out.isScalar = out.rank == 0;
      break;
    case Kind::result:
      ATTN_RETURN_IF_ERROR(checkIndex(operand, function_.results, "result"));
      out = {function_.results[operand.index].type, static_cast<int>(function_.results[operand.index].shape.size()),
             false, true};
      break;
    case Kind::temporary:
      ATTN_RETURN_IF_ERROR(checkTemporary(operand));
      out = {function_.temporaries[operand.index].type,
             static_cast<int>(function_.temporaries[operand.index].shape.size()), false, true};
      break;
    case Kind::weight:
      ATTN_RETURN_IF_ERROR(checkIndex(operand, program_.weights, "weight"));
      ATTN_RETURN_IF_ERROR(checkWeightIndex(program_.weights[operand.index]));
      out.rank = static_cast<int>(program_.weights[operand.index].shape.size());
      break;
    case Kind::constant:
      ATTN_RETURN_IF_ERROR(checkIndex(operand, program_.constants, "constant"));
      out.type = program_.constants[operand.index].type;
      out.rank = static_cast<int>(program_.constants[operand.index].shape.size());
      break;
    case Kind::state: {
      ATTN_RETURN_IF_ERROR(checkIndex(operand, program_.states, "state"));
      const StateDeclaration &state = program_.states[operand.index];
      if (operand.at.size() > state.shape.size())
        return failure(Code::corrupt, "slices more dimensions than state '%s' has", state.name.c_str());
      out = {state.type, static_cast<int>(state.shape.size() - operand.at.size()), false, true};
      break;
    }
    case Kind::length:
      ATTN_RETURN_IF_ERROR(checkIndex(operand, program_.states, "state"));
      out = {ElementType::i32, 1, false, false};
      ATTN_RETURN_IF_ERROR(noteState(operand, false));
      break;
    case Kind::value:
      break;
    }
    if (operand.view)
      out.rank = static_cast<int>(operand.view->shape.size());
    return out;
  }

  Status checkTemporary(const Operand &operand) const {
    ATTN_RETURN_IF_ERROR(checkIndex(operand, function_.temporaries, "temporary"));
    const Temporary &temporary = function_.temporaries[operand.index];
    if (number_ < temporary.first || number_ > temporary.last)
      return failure(Code::corrupt, "uses temporary %d, which lives in commands %d to %d only", operand.index,
                     temporary.first, temporary.last);
    return Status();
  }

  Status checkWeightIndex(const WeightDeclaration &weight) const {
    if (weight.index.empty())
      return Status();
    if (weight.index != block_->index)
      return failure(Code::corrupt, "uses weight '%s' where there is no index '%s'", weight.name.c_str(),
                     weight.index.c_str());
    if (block_->repeat > weight.count)
      return failure(Code::corrupt, "uses weight '%s' %lld times, but there are %lld", weight.name.c_str(),
                     static_cast<long long>(block_->repeat), static_cast<long long>(weight.count));
    return Status();
  }

  Status noteState(const Operand &operand, bool updates) {
    if (operand.kind != Operand::Kind::state && operand.kind != Operand::Kind::length)
      return Status();
    for (StateUse &use : function_.states)
      if (use.state == operand.index) {
        use.updates |= updates;
        return Status();
      }
    StateUse use;
    use.state = operand.index;
    use.updates = updates;
    function_.states.push_back(use);
    return Status();
  }

  Status resolveStateUse(StateUse &use) const {
    const StateDeclaration &state = program_.states[use.state];
    auto bind = [&](int axis, int &symbol) -> Status {
      if (axis < 0)
        return Status();
      const Dimension &dimension = state.shape[axis];
      if (dimension.expression.isConstant())
        return Status();
      symbol = function_.findSymbol(dimension.text);
      return symbol >= 0 ? Status()
                         : failure(Code::corrupt, "it uses state '%s', but has no symbol '%s'", state.name.c_str(),
                                   dimension.text.c_str());
    };
    ATTN_RETURN_IF_ERROR(bind(state.positionAxis, use.capacitySymbol));
    ATTN_RETURN_IF_ERROR(bind(state.sequenceAxis, use.sequencesSymbol));
    if (!use.updates || state.advance.empty())
      return Status();
    use.advance = function_.findArgument(state.advance);
    if (use.advance < 0)
      return failure(Code::corrupt, "state '%s' grows by an argument '%s', which is not there", state.name.c_str(),
                     state.advance.c_str());
    const TensorDeclaration &argument = function_.arguments[use.advance];
    if (argument.type != ElementType::i32 || argument.shape.size() != 1)
      return failure(Code::corrupt, "argument '%s', by which state '%s' grows, is not i32 of rank 1",
                     argument.name.c_str(), state.name.c_str());
    return Status();
  }

  /// Each symbol is a whole dimension of some argument, or of a state that the function uses.
  Status checkSymbolsAreBound() const {
    std::vector<bool> isBound(function_.symbols.size());
    for (const TensorDeclaration &argument : function_.arguments)
      for (const Dimension &dimension : argument.shape)
        if (int symbol = dimension.expression.onlyName(); symbol >= 0)
          isBound[symbol] = true;
    for (const StateUse &use : function_.states)
      for (int symbol : {use.capacitySymbol, use.sequencesSymbol})
        if (symbol >= 0)
          isBound[symbol] = true;
    for (size_t i = 0; i < isBound.size(); ++i)
      if (!isBound[i])
        return failure(Code::corrupt, "function '%s': no argument or state gives symbol '%s' its value",
                       function_.name.c_str(), function_.symbols[i].name.c_str());
    return Status();
  }

  Status checkTask() const {
    if (!function_.task)
      return Status();
    const LanguageTask &task = *function_.task;
    auto matches = [](const TensorDeclaration &tensor, ElementType type, size_t rank) {
      return tensor.type == type && tensor.shape.size() == rank;
    };
    if (!matches(function_.arguments[task.tokens], ElementType::i32, 2) ||
        !matches(function_.arguments[task.lengths], ElementType::i32, 1) ||
        !matches(function_.results[task.logits], ElementType::f32, 2))
      return failure(Code::corrupt, "its task needs tokens (B, T) i32, lengths (B) i32 and logits (B, vocabulary) f32");
    return Status();
  }

  const Program &program_;
  Function &function_;
  const Block *block_ = nullptr;
  int number_ = 0;
};

} // namespace

template <typename T> static Status checkNames(const std::vector<T> &items, const char *what) {
  std::set<std::string> names;
  for (const T &item : items)
    if (!names.insert(item.name).second)
      return failure(Code::corrupt, "there are two %s '%s'", what, item.name.c_str());
  return Status();
}

/// A GPU's implementation names its code by architecture; the CPU's is one object.
static Status checkArchitectures(const Program &program) {
  for (const Kernel &kernel : program.kernels)
    for (const Implementation &implementation : kernel.implementations) {
      bool isThere = implementation.device != "cuda";
      for (const Target &target : program.targets)
        isThere |= target.device == "cuda" && target.arch == implementation.arch;
      if (!isThere)
        return failure(Code::corrupt, "kernel '%s' has an implementation for %s, but no target has code for that",
                       kernel.name.c_str(), implementation.arch.c_str());
    }
  return Status();
}

static bool isSame(const KernelArgument &a, const KernelArgument &b) {
  return a.kind == b.kind && a.type == b.type && a.rank == b.rank && a.access == b.access;
}

/// A twin takes what its kernel does, and after that the values.
static Status checkTwins(const Program &program) {
  for (const Kernel &kernel : program.kernels) {
    if (!kernel.attention || kernel.attention->twin < 0)
      continue;
    size_t number = static_cast<size_t>(kernel.attention->twin);
    if (number >= program.kernels.size())
      return failure(Code::corrupt, "kernel '%s' names kernel %zu as its twin, but there are %zu", kernel.name.c_str(),
                     number, program.kernels.size());
    const Kernel &twin = program.kernels[number];
    bool takesValues = twin.arguments.size() == kernel.arguments.size() + 1 &&
                       isSame(twin.arguments.back(), kernel.arguments[kernel.attention->value]);
    if (!takesValues || !std::equal(kernel.arguments.begin(), kernel.arguments.end(), twin.arguments.begin(), isSame))
      return failure(Code::corrupt,
                     "kernel '%s' has the twin '%s', which does not take the same arguments and then the values",
                     kernel.name.c_str(), twin.name.c_str());
  }
  return Status();
}

Status checkProgram(Program &program) {
  ATTN_RETURN_IF_ERROR(checkArchitectures(program));
  ATTN_RETURN_IF_ERROR(checkTwins(program));
  ATTN_RETURN_IF_ERROR(checkNames(program.functions, "functions"));
  ATTN_RETURN_IF_ERROR(checkNames(program.states, "states"));
  ATTN_RETURN_IF_ERROR(checkNames(program.weights, "weights"));
  for (Function &function : program.functions)
    ATTN_RETURN_IF_ERROR(FunctionCheck(program, function).run());
  return Status();
}

} // namespace attn
