//===- Session.cpp - a program on a device, with weights and states -*- C++ -*-===//

#include "runtime/Session.h"

#include "runtime/HostTensor.h"

#include <algorithm>
#include <cstring>

namespace attn {

/// Plans are a few hundred kilobytes for a language model: enough of them for the lengths that alternate in use.
static constexpr size_t maxPlans = 8;

//===----------------------------------------------------------------------===//
// Creation
//===----------------------------------------------------------------------===//

/// The capacity where the caller names none: the model's context length, within what the program's symbols allow.
static Result<int64_t> defaultCapacity(const Artifact &artifact, const WeightSource *weights) {
  // Rows of a call beside what a cache holds that is emptied in time.
  constexpr int64_t foldedRows = 512;
  std::optional<int64_t> capacity;
  bool isBounded = false;
  auto limit = [&](int64_t value) { capacity = capacity ? std::min(*capacity, value) : value; };
  for (const Function &function : artifact.program().functions)
    for (const StateUse &use : function.states) {
      if (use.capacitySymbol < 0)
        continue;
      bool folds = artifact.program().states[use.state].foldsAt > 0;
      isBounded |= !folds;
      if (function.symbols[use.capacitySymbol].max)
        limit(*function.symbols[use.capacitySymbol].max);
      else if (folds)
        limit(artifact.program().states[use.state].foldsAt - 1 + foldedRows);
    }
  if (!isBounded)
    return capacity.value_or(0);
  const Gguf *metadata = weights && weights->file() ? weights->file()->metadata() : nullptr;
  if (metadata) {
    Result<std::string_view> architecture = metadata->textAt("general.architecture");
    if (architecture)
      if (Result<int64_t> length = metadata->integerAt(std::string(*architecture) + ".context_length"))
        limit(*length);
  }
  if (!capacity)
    return failure(Code::invalid_argument,
                   "%s: neither the program nor the weights say how long its caches are; set "
                   "attn_session_options_t.capacity",
                   artifact.name().c_str());
  return *capacity;
}

static Status checkCapacity(const Artifact &artifact, int64_t sequences, int64_t capacity) {
  for (const Function &function : artifact.program().functions)
    for (const StateUse &use : function.states)
      for (auto [index, value, what] : {std::tuple(use.capacitySymbol, capacity, "a capacity"),
                                        std::tuple(use.sequencesSymbol, sequences, "sequences")}) {
        if (index < 0)
          continue;
        const Symbol &symbol = function.symbols[index];
        if (value < symbol.min || (symbol.max && value > *symbol.max))
          return failure(Code::out_of_range, "%s: %s of %lld is asked for, but function '%s' takes %s from %lld to %s",
                         artifact.name().c_str(), what, static_cast<long long>(value), function.name.c_str(),
                         symbol.name.c_str(), static_cast<long long>(symbol.min),
                         symbol.max ? std::to_string(*symbol.max).c_str() : "any");
      }
  return Status();
}

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<Device> device,
                                                 std::shared_ptr<const Artifact> artifact,
                                                 std::shared_ptr<const WeightSource> weights,
                                                 const SessionOptions &options) {
  std::unique_ptr<Session> session(new Session());
  session->device_ = std::move(device);
  session->artifact_ = std::move(artifact);
  session->source_ = std::move(weights);
  const Artifact &program = *session->artifact_;
  if (options.sequences < 0 || options.capacity < 0)
    return failure(Code::invalid_argument, "%s: a session of %lld sequences with a capacity of %lld makes no sense",
                   program.name().c_str(), static_cast<long long>(options.sequences),
                   static_cast<long long>(options.capacity));
  session->sequences_ = options.sequences ? options.sequences : 1;
  int64_t capacity = options.capacity;
  if (!program.program().states.empty()) {
    if (!capacity) {
      ATTN_ASSIGN_OR_RETURN(found, defaultCapacity(program, session->source_.get()));
      capacity = found;
    }
    ATTN_RETURN_IF_ERROR(checkCapacity(program, session->sequences_, capacity));
  }
  ATTN_ASSIGN_OR_RETURN(code, session->device_->load(program));
  session->code_ = std::move(code);
  ATTN_ASSIGN_OR_RETURN(bound, BoundWeights::bind(program, session->source_.get(), *session->device_));
  session->weights_ = std::move(bound);
  ATTN_ASSIGN_OR_RETURN(states, States::create(program.program(), *session->device_, session->sequences_, capacity));
  session->states_ = std::move(states);
  ATTN_RETURN_IF_ERROR(session->uploadConstants());
  return session;
}

Status Session::uploadConstants() {
  for (const Constant &constant : program().constants) {
    ATTN_ASSIGN_OR_RETURN(memory, device_->allocate(constant.bytes));
    constants_.push_back(memory);
    ATTN_RETURN_IF_ERROR(device_->upload(memory, artifact_->constant(constant), constant.bytes));
  }
  return Status();
}

Session::~Session() {
  plans_.clear();
  for (size_t i = 0; i < constants_.size(); ++i)
    device_->release(constants_[i], program().constants[i].bytes);
  auto release = [&](Memory &memory) {
    if (memory.data)
      device_->release(memory.data, memory.bytes);
  };
  release(arena_);
  std::for_each(argumentStaging_.begin(), argumentStaging_.end(), release);
  std::for_each(resultMemory_.begin(), resultMemory_.end(), release);
}

//===----------------------------------------------------------------------===//
// Checking a call
//===----------------------------------------------------------------------===//

Status Session::bindSymbols(const Function &function, const attn_tensor_t *arguments) {
  symbols_.assign(function.symbols.size(), -1);
  std::vector<std::string> boundBy(function.symbols.size());
  auto bind = [&](int symbol, int64_t value, const std::string &by) {
    if (symbols_[symbol] >= 0)
      return;
    symbols_[symbol] = value;
    boundBy[symbol] = by;
  };
  for (const StateUse &use : function.states) {
    const State &state = (*states_)[use.state];
    std::string by = "state '" + state.declaration->name + "'";
    if (use.capacitySymbol >= 0)
      bind(use.capacitySymbol, state.capacity(), by);
    if (use.sequencesSymbol >= 0)
      bind(use.sequencesSymbol, state.sequences(), by);
  }
  for (size_t i = 0; i < function.arguments.size(); ++i) {
    const TensorDeclaration &declared = function.arguments[i];
    const attn_tensor_t &tensor = arguments[i];
    const char *name = declared.name.c_str();
    if (static_cast<ElementType>(tensor.type) != declared.type)
      return failure(Code::invalid_argument, "argument '%s' has type %s, but %s was given", name,
                     elementTypeName(declared.type), attn_type_name(tensor.type));
    if (tensor.rank != static_cast<int32_t>(declared.shape.size()))
      return failure(Code::invalid_argument, "argument '%s' has shape %s, but a tensor of rank %d was given", name,
                     describeShape(declared.shape).c_str(), tensor.rank);
    for (int32_t d = 0; d < tensor.rank; ++d) {
      if (tensor.sizes[d] < 0)
        return failure(Code::invalid_argument, "argument '%s' has the size %lld along dimension %d", name,
                       static_cast<long long>(tensor.sizes[d]), d);
      if (int symbol = declared.shape[d].expression.onlyName(); symbol >= 0)
        bind(symbol, tensor.sizes[d], "argument '" + declared.name + "'");
    }
  }
  for (size_t i = 0; i < function.symbols.size(); ++i) {
    const Symbol &symbol = function.symbols[i];
    if (symbols_[i] < symbol.min || (symbol.max && symbols_[i] > *symbol.max))
      return failure(Code::out_of_range, "%s is %lld by %s, but it has to be from %lld to %s", symbol.name.c_str(),
                     static_cast<long long>(symbols_[i]), boundBy[i].c_str(), static_cast<long long>(symbol.min),
                     symbol.max ? std::to_string(*symbol.max).c_str() : "any");
  }
  for (size_t i = 0; i < function.arguments.size(); ++i)
    for (int32_t d = 0; d < arguments[i].rank; ++d) {
      const Dimension &dimension = function.arguments[i].shape[d];
      ATTN_ASSIGN_OR_RETURN(wanted, dimension.expression.evaluate({symbols_.data(), nullptr}));
      if (wanted == arguments[i].sizes[d])
        continue;
      int symbol = dimension.expression.onlyName();
      return failure(Code::invalid_argument, "argument '%s' has %lld along dimension %d, but %s is %lld%s%s",
                     function.arguments[i].name.c_str(), static_cast<long long>(arguments[i].sizes[d]), d,
                     symbol >= 0 ? dimension.text.c_str() : "its size there", static_cast<long long>(wanted),
                     symbol >= 0 ? " by " : "", symbol >= 0 ? boundBy[symbol].c_str() : "");
    }
  return Status();
}

static int32_t elementAt(const attn_tensor_t &tensor, int64_t i) {
  return static_cast<const int32_t *>(tensor.data)[i * tensor.strides[0]];
}

/// What a length or offset of |declared| is at most, and in words.
static Result<std::pair<int64_t, std::string>> boundOf(const Dimension &most, const std::vector<int64_t> &symbols) {
  ATTN_ASSIGN_OR_RETURN(value, most.expression.evaluate({symbols.data(), nullptr}));
  std::string words = most.expression.isConstant() ? "" : most.text + ", which is ";
  return std::pair(value, words + std::to_string(value));
}

static Status checkEachLength(const TensorDeclaration &declared, const Dimension &most,
                              const std::vector<int64_t> &symbols, const std::vector<int64_t> &lengths) {
  ATTN_ASSIGN_OR_RETURN(bound, boundOf(most, symbols));
  for (size_t n = 0; n < lengths.size(); ++n)
    if (lengths[n] < 0 || lengths[n] > bound.first)
      return failure(Code::out_of_range,
                     "argument '%s' gives sequence %zu the length %lld, but it has to be from 0 to %s",
                     declared.name.c_str(), n, static_cast<long long>(lengths[n]), bound.second.c_str());
  return Status();
}

/// Lengths and offsets that say more than there is: kernels hold them within their buffers, but no result is right.
static Status checkCounts(const TensorDeclaration &declared, const attn_tensor_t &tensor,
                          const std::vector<int64_t> &symbols) {
  if (!declared.lengths && !declared.offsets && !declared.steps)
    return Status();
  std::vector<int64_t> elements, steps;
  for (int64_t i = 0; i < tensor.sizes[0]; ++i) {
    elements.push_back(elementAt(tensor, i));
    if (i > 0)
      steps.push_back(elements[i] - elements[i - 1]);
  }
  if (declared.lengths)
    return checkEachLength(declared, *declared.lengths, symbols, elements);
  if (!elements.empty() && elements.front() < 0)
    return failure(Code::out_of_range, "argument '%s' begins with the offset %lld, which is before the first row",
                   declared.name.c_str(), static_cast<long long>(elements.front()));
  if (declared.offsets) {
    ATTN_ASSIGN_OR_RETURN(rows, boundOf(*declared.offsets, symbols));
    ATTN_RETURN_IF_ERROR(checkEachLength(declared, *declared.offsets, symbols, steps));
    if (!elements.empty() && elements.back() > rows.first)
      return failure(Code::out_of_range, "argument '%s' ends with the offset %lld, but it has to be up to %s",
                     declared.name.c_str(), static_cast<long long>(elements.back()), rows.second.c_str());
  }
  return declared.steps ? checkEachLength(declared, *declared.steps, symbols, steps) : Status();
}

Status Session::checkLengths(const Function &function, const attn_tensor_t *arguments) {
  if (device_->worksInCallersStream()) {
    bool grows = std::any_of(function.states.begin(), function.states.end(),
                             [](const StateUse &use) { return use.advance >= 0; });
    if (function.task || grows)
      return failure(Code::unsupported, "its lengths have to be known to the host, but its tensors are on the device; "
                                        "use a device that is not made for a stream");
  }
  for (size_t i = 0; i < function.arguments.size() && !device_->worksInCallersStream(); ++i)
    ATTN_RETURN_IF_ERROR(checkCounts(function.arguments[i], arguments[i], symbols_));
  const State *together = nullptr; // What was written apart may differ: keys would meet the values of nothing.
  for (const StateUse &use : function.states) {
    if (use.advance < 0)
      continue;
    const State &state = (*states_)[use.state];
    bool isCache = !state.declaration->isSum();
    if (isCache && together && together->declaration->advance == state.declaration->advance &&
        together->declaration->foldsAt == state.declaration->foldsAt && together->lengths != state.lengths)
      return failure(Code::invalid_argument,
                     "states '%s' and '%s' grow together, but hold different numbers of positions; write both",
                     together->declaration->name.c_str(), state.declaration->name.c_str());
    if (isCache)
      together = &state;
    const attn_tensor_t &growth = arguments[use.advance];
    const char *argument = function.arguments[use.advance].name.c_str();
    bool isOffsets = state.declaration->advancesByOffsets;
    if (growth.sizes[0] != state.sequences() + isOffsets)
      return failure(Code::invalid_argument, "argument '%s' has %lld elements, but state '%s' has %lld sequences%s",
                     argument, static_cast<long long>(growth.sizes[0]), state.declaration->name.c_str(),
                     static_cast<long long>(state.sequences()), isOffsets ? ", which need one offset more" : "");
    if (isOffsets && elementAt(growth, 0) < 0)
      return failure(Code::out_of_range, "argument '%s' begins with the offset %d, which is before the first row",
                     argument, elementAt(growth, 0));
    for (int64_t n = 0; n < state.sequences(); ++n) {
      int64_t more = state.growth(growth, n), length = state.lengths[n];
      if (more < 0 || length + more > state.capacity())
        return failure(
            Code::out_of_range,
            "sequence %lld of state '%s' holds %lld positions and would grow by %lld, but its capacity is %lld; %s",
            static_cast<long long>(n), state.declaration->name.c_str(), static_cast<long long>(length),
            static_cast<long long>(more), static_cast<long long>(state.capacity()),
            howToMakeRoom(function, use, state).c_str());
    }
  }
  return Status();
}

//===----------------------------------------------------------------------===//
// Memory of a call
//===----------------------------------------------------------------------===//

Status Session::reserve(Memory &memory, uint64_t bytes) {
  if (bytes <= memory.bytes)
    return Status();
  if (memory.data)
    device_->release(memory.data, memory.bytes);
  memory = {};
  ATTN_ASSIGN_OR_RETURN(data, device_->allocate(bytes));
  memory = {data, bytes};
  return Status();
}

Status Session::placeArguments(const Function &function, const attn_tensor_t *arguments) {
  argumentData_.assign(function.arguments.size(), nullptr);
  argumentStaging_.resize(std::max(argumentStaging_.size(), function.arguments.size()));
  for (size_t i = 0; i < function.arguments.size(); ++i) {
    const attn_tensor_t &tensor = arguments[i];
    uint64_t bytes = bytesOf(tensor);
    if (tensor.rank == 0) { // It goes into the launches, and kernels of CPUs may read it as a buffer, too.
      argumentData_[i] = usesTensorsInPlace() && !device_->worksInCallersStream() ? tensor.data : nullptr;
      continue;
    }
    bool dense = isDense(tensor);
    if (dense && usesTensorsInPlace()) {
      argumentData_[i] = tensor.data;
      continue;
    }
    if (device_->worksInCallersStream())
      return failure(Code::unsupported, "argument '%s' is on the device and not contiguous; pass a contiguous copy",
                     function.arguments[i].name.c_str());
    ATTN_RETURN_IF_ERROR(reserve(argumentStaging_[i], bytes));
    argumentData_[i] = argumentStaging_[i].data;
    if (dense) {
      ATTN_RETURN_IF_ERROR(device_->upload(argumentData_[i], tensor.data, bytes));
      continue;
    }
    ATTN_RETURN_IF_ERROR(device_->upload(argumentData_[i], packHost(tensor).data(), bytes));
  }
  return Status();
}

Status Session::placeResults(const Function &function, const Plan &plan, attn_tensor_t *results) {
  resultData_.assign(function.results.size(), nullptr);
  resultMemory_.resize(std::max(resultMemory_.size(), function.results.size()));
  hostResults_.resize(resultMemory_.size());
  for (size_t i = 0; i < function.results.size(); ++i) {
    const TensorDeclaration &declared = function.results[i];
    const std::vector<int64_t> &sizes = plan.resultSizes[i];
    attn_tensor_t &tensor = results[i];
    attn_tensor_t made =
        attn_tensor(nullptr, static_cast<attn_type_t>(declared.type), static_cast<int32_t>(sizes.size()), sizes.data());
    uint64_t bytes = bytesOf(made);
    bool isCallers = tensor.data != nullptr;
    if (isCallers) {
      bool matches =
          tensor.type == made.type && tensor.rank == made.rank && std::equal(sizes.begin(), sizes.end(), tensor.sizes);
      if (!matches)
        return failure(
            Code::invalid_argument, "result '%s' is %s of shape %s, but memory for %s of shape %s was given",
            declared.name.c_str(), elementTypeName(declared.type), describeShape(sizes.data(), sizes.size()).c_str(),
            attn_type_name(tensor.type),
            describeShape(tensor.sizes, static_cast<size_t>(std::clamp(tensor.rank, 0, ATTN_MAX_RANK))).c_str());
      if (usesTensorsInPlace() && isDense(tensor)) {
        resultData_[i] = tensor.data;
        continue;
      }
      if (device_->worksInCallersStream())
        return failure(Code::unsupported, "result '%s' is on the device and not contiguous; pass contiguous memory",
                       declared.name.c_str());
    }
    ATTN_RETURN_IF_ERROR(reserve(resultMemory_[i], bytes));
    resultData_[i] = resultMemory_[i].data;
    if (!isCallers) {
      if (!usesTensorsInPlace())
        hostResults_[i].resize(bytes);
      made.data = usesTensorsInPlace() ? resultMemory_[i].data : hostResults_[i].data();
      tensor = made;
    }
  }
  return Status();
}

/// Brings what was computed in memory of the session to where the caller wants it.
Status Session::collectResults(const Function &function, attn_tensor_t *results) {
  for (size_t i = 0; i < function.results.size(); ++i) {
    attn_tensor_t &tensor = results[i];
    if (tensor.data == resultData_[i])
      continue;
    uint64_t bytes = bytesOf(tensor);
    if (isDense(tensor)) {
      ATTN_RETURN_IF_ERROR(device_->download(tensor.data, resultData_[i], bytes));
      continue;
    }
    std::vector<std::byte> packed(bytes);
    ATTN_RETURN_IF_ERROR(device_->download(packed.data(), resultData_[i], bytes));
    copyHost(attn_tensor(packed.data(), tensor.type, tensor.rank, tensor.sizes), tensor);
  }
  return Status();
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

Result<Plan *> Session::findPlan(int function) {
  for (auto it = plans_.begin(); it != plans_.end(); ++it)
    if (it->function == function && it->plan->symbols == symbols_) {
      plans_.splice(plans_.begin(), plans_, it);
      return plans_.front().plan.get();
    }
  PlanContext context{*artifact_, program().functions[function], *weights_, *states_, constants_, *device_};
  ATTN_ASSIGN_OR_RETURN(plan, Plan::make(context, symbols_));
  if (plans_.size() == maxPlans)
    plans_.pop_back();
  plans_.push_front({function, std::move(plan)});
  return plans_.front().plan.get();
}

void Session::patch(Plan &plan, const attn_tensor_t *arguments) {
  for (const Plan::Patch &patch : plan.arguments)
    plan.buffers[patch.buffer].data = static_cast<std::byte *>(argumentData_[patch.index]) + patch.offset;
  for (const Plan::Patch &patch : plan.results)
    plan.buffers[patch.buffer].data = static_cast<std::byte *>(resultData_[patch.index]) + patch.offset;
  for (const Plan::ScalarPatch &patch : plan.scalarArguments) {
    const attn_tensor_t &tensor = arguments[patch.argument];
    plan.scalars[patch.scalar] = 0;
    std::memcpy(&plan.scalars[patch.scalar], tensor.data, static_cast<size_t>(attn_type_size(tensor.type)));
  }
  if (plan.arena != arena_.data)
    for (const Plan::Patch &patch : plan.temporaries)
      plan.buffers[patch.buffer].data = static_cast<std::byte *>(arena_.data) + patch.offset;
  plan.arena = arena_.data;
  for (Plan::Step &step : plan.steps)
    if (step.isCopy) {
      step.copy.from = plan.buffers[step.firstBuffer];
      step.copy.to = plan.buffers[step.firstBuffer + 1];
    }
}

/// Whether the step's flag, which earlier steps may have written, has the step's value.
Result<bool> Session::isTurnOf(const Plan &plan, const Plan::Step &step) {
  if (!step.when)
    return true;
  int32_t flag = 0;
  ATTN_RETURN_IF_ERROR(device_->download(&flag, plan.buffers[step.when->flag].data, sizeof flag));
  if (flag < 0 || flag >= step.when->count)
    return failure(Code::out_of_range, "a flag that chooses one of %d cases is %d", step.when->count, flag);
  return flag == step.when->value;
}

Status Session::runStep(const Plan &plan, const Plan::Step &step) {
  ATTN_ASSIGN_OR_RETURN(isTurn, isTurnOf(plan, step));
  if (!isTurn)
    return Status();
  if (step.isCopy)
    return device_->copy(step.copy);
  return step.launch.args.grid[0] != 0 ? device_->launch(*code_, step.launch) : Status();
}

Status Session::execute(Plan &plan) {
  for (const Plan::Step &step : plan.steps)
    ATTN_RETURN_IF_ERROR(runStep(plan, step));
  return device_->worksInCallersStream() ? Status() : device_->synchronize();
}

void Session::advance(const Function &function, const attn_tensor_t *arguments) {
  for (const StateUse &use : function.states) {
    if (use.advance < 0)
      continue;
    (*states_)[use.state].grow(arguments[use.advance]);
  }
}

Status Session::run(int index, const attn_tensor_t *arguments, size_t argumentCount, attn_tensor_t *results,
                    size_t resultCount) {
  const Function &function = program().functions[index];
  const std::string where = "function '" + function.name + "'";
  if (argumentCount != function.arguments.size() || resultCount != function.results.size())
    return failure(Code::invalid_argument, "%s takes %zu arguments and gives %zu results, but got %zu and %zu",
                   where.c_str(), function.arguments.size(), function.results.size(), argumentCount, resultCount);
  ATTN_RETURN_IF_ERROR(bindSymbols(function, arguments).at(where));
  for (size_t i = 0; i < argumentCount; ++i)
    if (!arguments[i].data && bytesOf(arguments[i]))
      return failure(Code::invalid_argument, "%s: argument '%s' has no data", where.c_str(),
                     function.arguments[i].name.c_str());
  ATTN_RETURN_IF_ERROR(checkLengths(function, arguments).at(where));
  ATTN_ASSIGN_OR_RETURN(plan, findPlan(index));
  ATTN_RETURN_IF_ERROR(reserve(arena_, plan->arenaBytes).at(where));
  ATTN_RETURN_IF_ERROR(placeArguments(function, arguments).at(where));
  ATTN_RETURN_IF_ERROR(placeResults(function, *plan, results).at(where));
  for (const StateUse &use : function.states)
    ATTN_RETURN_IF_ERROR(states_->uploadLengths((*states_)[use.state]).at(where));
  patch(*plan, arguments);
  ATTN_RETURN_IF_ERROR((trace_ || watcher_ ? executeTraced(*plan, function, arguments) : execute(*plan)).at(where));
  ATTN_RETURN_IF_ERROR(collectResults(function, results).at(where));
  advance(function, arguments);
  return Status();
}

} // namespace attn
