//===- Step.cpp - one call of a language model's function -*- C++ -*-===//

#include "runtime/Step.h"

#include "runtime/HostTensor.h"

#include <algorithm>
#include <cstring>

namespace attn {

int64_t roomLeft(const Session &session, int function) {
  int64_t room = INT64_MAX;
  for (const StateUse &use : session.program().functions[function].states)
    if (const State &state = session.states()[use.state]; use.advance >= 0 && !state.declaration->foldsAt) {
      room = std::min(room, state.capacity() - state.lengths[0]);
    }
  return room;
}

std::string howToMakeRoom(const Session &session, int function) {
  const Function &declared = session.program().functions[function];
  const StateUse *tightest = nullptr;
  int64_t room = roomLeft(session, function);
  for (const StateUse &use : declared.states)
    if (const State &state = session.states()[use.state]; use.advance >= 0 && !state.declaration->foldsAt)
      if (state.capacity() - state.lengths[0] == room)
        tightest = &use;
  return tightest ? howToMakeRoom(declared, *tightest, session.states()[tightest->state]) : "";
}

Step::Step(Session &session, int function, const StepInputs &inputs)
    : session_(session), function_(function), inputs_(inputs) {
  const Function &declared = session.program().functions[function];
  task_ = *declared.task;
  arguments_.resize(declared.arguments.size());
  results_.resize(declared.results.size());
}

//===----------------------------------------------------------------------===//
// What the function takes beside tokens and lengths
//===----------------------------------------------------------------------===//

static bool isInput(const LanguageTask &task, int argument) {
  return argument >= 0 && argument != task.tokens && argument != task.lengths;
}

/// Names and shapes of all of them: "adapters [B]".
static std::string describeInputs(const Function &function, const StepInputs &except) {
  std::string text;
  for (size_t i = 0; i < function.arguments.size(); ++i)
    if (const TensorDeclaration &each = function.arguments[i];
        isInput(*function.task, static_cast<int>(i)) && !except.count(each.name))
      text += (text.empty() ? "" : ", ") + each.name + " " + describeShape(each.shape);
  return text;
}

Status Step::checkNames() const {
  const Function &declared = session_.program().functions[function_];
  for (const auto &[name, tensor] : inputs_)
    if (!isInput(task_, declared.findArgument(name))) {
      std::string inputs = describeInputs(declared, {});
      return failure(Code::invalid_argument,
                     "'%s' is given, but beside tokens and lengths function '%s' takes %s; leave it out", name.c_str(),
                     declared.name.c_str(), inputs.empty() ? "nothing" : inputs.c_str());
    }
  std::string missing = describeInputs(declared, inputs_);
  return missing.empty() ? Status()
                         : failure(Code::invalid_argument,
                                   "beside tokens and lengths function '%s' takes %s; give it by "
                                   "attn_session_set_argument",
                                   declared.name.c_str(), missing.c_str());
}

Result<attn_tensor_t> Step::repeat(const attn_tensor_t &number, const TensorDeclaration &declared) const {
  const Function &function = session_.program().functions[function_];
  // A step's sequences are known before it runs; other symbols are bound by the arguments themselves.
  std::vector<int64_t> symbols(function.symbols.size(), -1);
  if (int sequences = function.arguments[task_.tokens].shape[0].expression.onlyName(); sequences >= 0)
    symbols[static_cast<size_t>(sequences)] = session_.sequences();
  attn_tensor_t tensor = number;
  tensor.rank = static_cast<int32_t>(declared.shape.size());
  for (size_t d = 0; d < declared.shape.size(); ++d) {
    const Expression &size = declared.shape[d].expression;
    for (size_t symbol = 0; symbol < symbols.size(); ++symbol)
      if (symbols[symbol] < 0 && size.mentions(static_cast<int>(symbol)))
        return failure(Code::invalid_argument,
                       "argument '%s' has shape %s, and how large %s is no number says; give the whole tensor",
                       declared.name.c_str(), describeShape(declared.shape).c_str(),
                       function.symbols[symbol].name.c_str());
    ATTN_ASSIGN_OR_RETURN(count, size.evaluate({symbols.data(), nullptr}));
    tensor.sizes[d] = count;
    tensor.strides[d] = 0;
  }
  return tensor;
}

Status Step::placeInputs() {
  ATTN_RETURN_IF_ERROR(checkNames());
  const Function &declared = session_.program().functions[function_];
  int rows = declared.arguments[task_.tokens].shape[1].expression.onlyName();
  for (const auto &[name, given] : inputs_) {
    int index = declared.findArgument(name);
    const TensorDeclaration &argument = declared.arguments[index];
    for (const Dimension &dimension : argument.shape)
      if (rows >= 0 && dimension.expression.mentions(rows))
        return failure(Code::unsupported,
                       "argument '%s' has shape %s, as long as the tokens of a step, but generating passes the same at "
                       "every step; call function '%s' step by step, by attn_session_run",
                       name.c_str(), describeShape(argument.shape).c_str(), declared.name.c_str());
    arguments_[index] = given;
    if (given.rank == 0 && !argument.shape.empty()) {
      ATTN_ASSIGN_OR_RETURN(repeated, repeat(given, argument));
      arguments_[index] = repeated;
    }
  }
  return Status();
}

Status Step::checkSequencesAreAlike() const {
  const Function &declared = session_.program().functions[function_];
  int sequences = declared.arguments[task_.tokens].shape[0].expression.onlyName();
  for (const auto &[name, given] : inputs_) {
    int index = declared.findArgument(name);
    const attn_tensor_t &tensor = arguments_[index];
    const std::vector<std::byte> data = packHost(tensor);
    for (int32_t d = 0; d < tensor.rank; ++d) {
      if (sequences < 0 || !declared.arguments[index].shape[d].expression.mentions(sequences))
        continue;
      // Slices along d that lie as one run, and how many such groups there are.
      auto count = static_cast<size_t>(tensor.sizes[d]);
      auto bytes = static_cast<size_t>(attn_type_size(tensor.type));
      for (int32_t inner = d + 1; inner < tensor.rank; ++inner)
        bytes *= static_cast<size_t>(tensor.sizes[inner]);
      for (size_t at = 0; bytes && at < data.size(); at += bytes)
        if (std::memcmp(&data[at], &data[at - at % (count * bytes)], bytes) != 0)
          return failure(Code::invalid_argument,
                         "argument '%s' differs between sequences, but a search by beams moves its texts from one to "
                         "another; give a number, which all of them have",
                         name.c_str());
    }
  }
  return Status();
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

int64_t Step::maxTokens() const {
  static constexpr int64_t unbounded = 512;
  const Function &declared = session_.program().functions[function_];
  int symbol = declared.arguments[task_.tokens].shape[1].expression.onlyName();
  int64_t most = unbounded;
  if (symbol >= 0 && declared.symbols[symbol].max)
    most = std::min(*declared.symbols[symbol].max, most);
  // What a cache that is emptied in time takes beside the most that it may hold.
  for (const StateUse &use : declared.states)
    if (const State &state = session_.states()[use.state]; use.advance >= 0 && state.declaration->foldsAt)
      most = std::min(most, state.capacity() - state.declaration->foldsAt + 1);
  return most;
}

Status Step::prefill(const std::vector<int32_t> &prompt) {
  ATTN_RETURN_IF_ERROR(placeInputs());
  if (prompt.empty())
    return failure(Code::invalid_argument, "the prompt has no tokens; give at least one");
  int64_t count = static_cast<int64_t>(prompt.size()), room = roomLeft();
  if (count > room)
    return failure(Code::out_of_range, "the prompt has %lld tokens, but the cache has room for %lld; %s",
                   static_cast<long long>(count), static_cast<long long>(room),
                   howToMakeRoom(session_, function_).c_str());
  for (int64_t at = 0; at < count;) {
    int64_t chunk = std::min(maxTokens(), count - at);
    std::string where = "the prompt from its token " + std::to_string(at) + " on";
    ATTN_RETURN_IF_ERROR(at ? run(prompt.data() + at, chunk).at(where) : run(prompt.data(), chunk));
    at += chunk;
  }
  return Status();
}

Status Step::run(const int32_t *tokens, int64_t count) {
  int64_t sequences = session_.sequences();
  tokens_.assign(static_cast<size_t>(sequences * count), 0);
  std::copy(tokens, tokens + count, tokens_.begin());
  lengths_.assign(static_cast<size_t>(sequences), 0);
  lengths_[0] = static_cast<int32_t>(count);
  return call(count);
}

Status Step::runEach(const std::vector<int32_t> &tokens) {
  tokens_.clear();
  lengths_.clear();
  for (int32_t token : tokens) {
    tokens_.push_back(std::max(token, 0));
    lengths_.push_back(token >= 0);
  }
  return call(1);
}

Status Step::call(int64_t count) {
  const int64_t sizes[2] = {session_.sequences(), count};
  arguments_[task_.tokens] = attn_tensor(tokens_.data(), ATTN_I32, 2, sizes);
  arguments_[task_.lengths] = attn_tensor(lengths_.data(), ATTN_I32, 1, sizes);
  for (attn_tensor_t &result : results_)
    result.data = nullptr;
  return session_.run(function_, arguments_.data(), arguments_.size(), results_.data(), results_.size());
}

int64_t Step::vocabulary() const { return results_[task_.logits].sizes[1]; }

const float *Step::logits(int64_t sequence) const {
  return static_cast<const float *>(results_[task_.logits].data) + sequence * vocabulary();
}

} // namespace attn
