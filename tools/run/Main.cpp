//===- Main.cpp - attn-run: runs a program that attn-opt compiled -*- C++ -*-===//
//
// Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 failed, 2 wrong usage, 3
// well-formed but unsupported.
//
//===----------------------------------------------------------------------===//

#include "tools/run/Modes.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace attn;
using namespace attn::run;

static Result<std::shared_ptr<const WeightSource>> openWeights(const std::string &text) {
  static const std::string prefix = "random:";
  if (text.empty())
    return std::shared_ptr<const WeightSource>();
  if (text.rfind(prefix, 0) != 0) {
    ATTN_ASSIGN_OR_RETURN(source, WeightSource::open(text));
    return std::shared_ptr<const WeightSource>(std::move(source));
  }
  char *end = nullptr;
  errno = 0;
  unsigned long long seed = std::strtoull(text.c_str() + prefix.size(), &end, 10);
  if (text.size() == prefix.size() || *end || errno)
    return failure(Code::invalid_argument, "--weights=random:SEED takes an integer, but got '%s'", text.c_str());
  return std::shared_ptr<const WeightSource>(WeightSource::random(seed));
}

std::string attn::run::inWordsOfOptions(std::string message) {
  static constexpr std::pair<const char *, const char *> words[] = {
      {"attn_session_options_t.capacity", "--context"},
      {"pass them to attn_session_create", "pass --weights"},
      {"attn_session_run", "--function"},
  };
  for (const auto &[api, option] : words)
    for (size_t at = 0; (at = message.find(api, at)) != std::string::npos; at += std::strlen(option))
      message.replace(at, std::strlen(api), option);
  return message;
}

static Status runProgram(const Options &options) {
  Opened opened;
  ATTN_ASSIGN_OR_RETURN(artifact, Artifact::open(options.program));
  opened.artifact = std::move(artifact);
  if (options.list)
    return listProgram(opened, options);
  if (!options.weights.empty() && opened.artifact->program().weights.empty() && !options.prompt)
    return failure(Code::invalid_argument, "program '%s' has no weights; leave --weights out",
                   opened.artifact->program().name.c_str());
  if (options.context && opened.artifact->program().states.empty())
    return failure(Code::invalid_argument, "program '%s' has no caches; leave --context out",
                   opened.artifact->program().name.c_str());
  ATTN_ASSIGN_OR_RETURN(weights, openWeights(options.weights));
  opened.weights = std::move(weights);
  if (options.check)
    return checkProgramAndWeights(opened, options);
  bool calls = !options.inputs.empty() || !options.outputs.empty() || !options.function.empty();
  bool isModel = false;
  for (const Function &function : opened.artifact->program().functions)
    isModel |= function.task.has_value();
  if (options.benchmark && isModel && !calls)
    return benchmarkModel(opened, options);
  if (!options.promptTokens.empty())
    return searchTokens(opened, options);
  if (options.prompt)
    return generateText(opened, options);
  return callFunction(opened, options);
}

int main(int count, char **arguments) {
  // A closed pipe is an error like a full disk, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  Result<Options> options = parseOptions(count, arguments);
  Status status = options.status();
  if (status.ok() && options->help)
    std::fputs(helpText(), stdout);
  else if (status.ok())
    status = runProgram(*options);
  if (status.ok() && (std::fflush(stdout) != 0 || std::ferror(stdout)))
    status = failure(Code::io, "standard output cannot be written: %s", std::strerror(errno));
  if (!status.ok())
    std::fprintf(stderr, "attn-run: %s\n", inWordsOfOptions(status.message()).c_str());
  return exitCode(status);
}
