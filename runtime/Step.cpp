//===- Step.cpp - one call of a language model's function -*- C++ -*-===//

#include "runtime/Step.h"

#include <algorithm>

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

Step::Step(Session &session, int function) : session_(session), function_(function) {
  const Function &declared = session.program().functions[function];
  task_ = *declared.task;
  arguments_.resize(declared.arguments.size());
  results_.resize(declared.results.size());
}

Status Step::checkSignature() const {
  return arguments_.size() == 2
             ? Status()
             : failure(Code::unsupported,
                       "function '%s' has %zu arguments, but generating knows tokens and lengths only",
                       session_.program().functions[function_].name.c_str(), arguments_.size());
}

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
  ATTN_RETURN_IF_ERROR(checkSignature());
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
