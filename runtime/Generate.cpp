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
                 "program '%s' has no function with a language model's task; run it by attn_session_run",
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

Status generate(Session &session, const std::vector<int32_t> &prompt, const GenerateOptions &options,
                const TokenCallback &callback, attn_generate_stats_t &stats) {
  stats = {};
  ATTN_ASSIGN_OR_RETURN(function, findLanguageModel(session.program()));
  ATTN_ASSIGN_OR_RETURN(sampler, Sampler::create(options.sampler));
  Step step(session, function, options.inputs);
  Clock::time_point start = Clock::now();
  ATTN_RETURN_IF_ERROR(step.prefill(prompt));
  stats.prefill_tokens = static_cast<int64_t>(prompt.size());
  stats.prefill_seconds = secondsSince(start);

  for (int64_t produced = 0; produced < options.maxTokens; ++produced) {
    ATTN_ASSIGN_OR_RETURN(token, sampler.sample(step.logits(0), step.vocabulary(), static_cast<uint32_t>(produced)));
    bool isStop = std::find(options.stopTokens.begin(), options.stopTokens.end(), token) != options.stopTokens.end();
    if (isStop || !callback(token) || produced + 1 == options.maxTokens || step.roomLeft() == 0)
      break;
    start = Clock::now();
    ATTN_RETURN_IF_ERROR(step.run(&token, 1));
    stats.decode_seconds += secondsSince(start);
    ++stats.decode_tokens;
  }
  return Status();
}

} // namespace attn
