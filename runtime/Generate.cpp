//===- Generate.cpp - a language model's loop -*- C++ -*-===//

#include "runtime/Generate.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace attn {

using Clock = std::chrono::steady_clock;

static double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Result<int> findLanguageModel(const Program &program) {
  for (const Function &function : program.functions)
    if (function.task)
      return static_cast<int>(&function - program.functions.data());
  return failure(Code::invalid_argument,
                 "program '%s' has no function with a language model's task; run it by --function",
                 program.name.c_str());
}

//===----------------------------------------------------------------------===//
// Metadata
//===----------------------------------------------------------------------===//

/// How the file's value differs from |wanted|, or nothing.
static std::string compareMetadata(const Gguf &file, const std::string &key,
                                   const std::variant<double, bool, std::string> &wanted) {
  if (!file.has(key))
    return "'" + key + "' is missing";
  if (const std::string *text = std::get_if<std::string>(&wanted)) {
    Result<std::string_view> found = file.textAt(key);
    if (!found)
      return found.status().message();
    return *found == *text ? "" : "'" + key + "' is '" + std::string(*found) + "', but '" + *text + "' is needed";
  }
  if (const bool *flag = std::get_if<bool>(&wanted)) {
    Result<bool> found = file.boolAt(key);
    if (!found)
      return found.status().message();
    return *found == *flag ? "" : "'" + key + "' is " + (*found ? "true" : "false");
  }
  double number = std::get<double>(wanted);
  Result<int64_t> integer = file.integerAt(key);
  Result<double> found = integer ? Result<double>(static_cast<double>(*integer)) : file.floatAt(key);
  if (!found)
    return found.status().message();
  // The file may hold a float of 32 bits where the program holds the decimal number.
  if (std::abs(*found - number) <= 1e-6 * std::abs(number))
    return "";
  char text[160];
  std::snprintf(text, sizeof text, "' is %g, but %g is needed", *found, number);
  return "'" + key + text;
}

Status checkMetadata(const Program &program, const WeightSource *weights) {
  const Gguf *file = weights && weights->file() ? weights->file()->metadata() : nullptr;
  if (!file)
    return Status(); // safetensors and random weights say nothing
  std::string differences;
  for (const Function &function : program.functions)
    if (function.task)
      for (const auto &[key, wanted] : function.task->metadata)
        if (std::string difference = compareMetadata(*file, key, wanted); !difference.empty())
          differences += "\n  " + difference;
  if (differences.empty())
    return Status();
  return failure(Code::unsupported, "%s: it is not the model that '%s' was compiled for:%s", weights->name().c_str(),
                 program.name.c_str(), differences.c_str());
}

//===----------------------------------------------------------------------===//
// The loop
//===----------------------------------------------------------------------===//

namespace {

/// Calls the model's function with a part of the text.
class Step {
public:
  Step(Session &session, int function) : session_(session), function_(function) {
    const Function &declared = session.program().functions[function];
    task_ = *declared.task;
    arguments_.resize(declared.arguments.size());
    results_.resize(declared.results.size());
  }

  /// The most tokens of one call.
  int64_t maxTokens() const {
    static constexpr int64_t unbounded = 512;
    const Function &declared = session_.program().functions[function_];
    int symbol = declared.arguments[task_.tokens].shape[1].expression.onlyName();
    return symbol >= 0 && declared.symbols[symbol].max ? std::min(*declared.symbols[symbol].max, unbounded) : unbounded;
  }

  Status checkSignature() const {
    const Function &declared = session_.program().functions[function_];
    return arguments_.size() == 2
               ? Status()
               : failure(Code::unsupported,
                         "function '%s' has %zu arguments, but generating knows tokens and lengths only",
                         declared.name.c_str(), arguments_.size());
  }

  Status run(const int32_t *tokens, int64_t count) {
    int64_t sequences = session_.sequences();
    tokens_.assign(static_cast<size_t>(sequences * count), 0);
    std::copy(tokens, tokens + count, tokens_.begin());
    lengths_.assign(static_cast<size_t>(sequences), 0);
    lengths_[0] = static_cast<int32_t>(count);
    const int64_t sizes[2] = {sequences, count};
    arguments_[task_.tokens] = attn_tensor(tokens_.data(), ATTN_I32, 2, sizes);
    arguments_[task_.lengths] = attn_tensor(lengths_.data(), ATTN_I32, 1, sizes);
    for (attn_tensor_t &result : results_)
      result.data = nullptr;
    return session_.run(function_, arguments_.data(), arguments_.size(), results_.data(), results_.size());
  }

  const float *logits() const { return static_cast<const float *>(results_[task_.logits].data); }
  int64_t vocabulary() const { return results_[task_.logits].sizes[1]; }

private:
  Session &session_;
  int function_;
  LanguageTask task_;
  std::vector<int32_t> tokens_, lengths_;
  std::vector<attn_tensor_t> arguments_, results_;
};

} // namespace

int64_t roomLeft(const Session &session) {
  int64_t room = INT64_MAX;
  for (size_t i = 0; i < session.states().size(); ++i) {
    const State &state = session.states()[static_cast<int>(i)];
    if (!state.declaration->advance.empty())
      room = std::min(room, state.capacity() - state.lengths[0]);
  }
  return room;
}

Status generate(Session &session, const std::vector<int32_t> &prompt, const GenerateOptions &options,
                const TokenCallback &callback, attn_generate_stats_t &stats) {
  stats = {};
  ATTN_ASSIGN_OR_RETURN(function, findLanguageModel(session.program()));
  ATTN_ASSIGN_OR_RETURN(sampler, Sampler::create(options.sampler));
  Step step(session, function);
  ATTN_RETURN_IF_ERROR(step.checkSignature());
  if (prompt.empty())
    return failure(Code::invalid_argument, "the prompt has no tokens; give at least one");
  int64_t count = static_cast<int64_t>(prompt.size()), room = roomLeft(session);
  if (count > room)
    return failure(Code::out_of_range,
                   "the prompt has %lld tokens, but the cache has room for %lld; use a larger --context",
                   static_cast<long long>(count), static_cast<long long>(room));

  Clock::time_point start = Clock::now();
  for (int64_t at = 0; at < count;) {
    int64_t chunk = std::min(step.maxTokens(), count - at);
    ATTN_RETURN_IF_ERROR(step.run(prompt.data() + at, chunk));
    at += chunk;
  }
  stats.prefill_tokens = count;
  stats.prefill_seconds = secondsSince(start);

  for (int64_t produced = 0; produced < options.maxTokens; ++produced) {
    ATTN_ASSIGN_OR_RETURN(token, sampler.sample(step.logits(), step.vocabulary(), static_cast<uint32_t>(produced)));
    bool isStop = std::find(options.stopTokens.begin(), options.stopTokens.end(), token) != options.stopTokens.end();
    if (isStop || !callback(token) || produced + 1 == options.maxTokens || roomLeft(session) == 0)
      break;
    start = Clock::now();
    ATTN_RETURN_IF_ERROR(step.run(&token, 1));
    stats.decode_seconds += secondsSince(start);
    ++stats.decode_tokens;
  }
  return Status();
}

} // namespace attn
