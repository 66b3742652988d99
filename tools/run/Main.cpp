//===- Main.cpp - attn-run: runs a program that attn-opt compiled -*- C++ -*-===//
//
// Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 failed, 2 wrong usage, 3
// well-formed but unsupported.
//
//===----------------------------------------------------------------------===//

#include "tools/run/Inputs.h"
#include "tools/run/Modes.h"

#include <algorithm>
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
      {"attn_session_set_argument", "--input=NAME=VALUE"},
  };
  for (const auto &[api, option] : words)
    for (size_t at = 0; (at = message.find(api, at)) != std::string::npos; at += std::strlen(option))
      message.replace(at, std::strlen(api), option);
  return message;
}

/// A benchmark is one of the language model where nothing in it is a call's.
static bool measuresModel(const Program &program, const Options &options) {
  auto model = std::find_if(program.functions.begin(), program.functions.end(),
                            [](const Function &function) { return function.task.has_value(); });
  if (!options.benchmark || model == program.functions.end())
    return false;
  bool calls = !options.outputs.empty() || !options.states.empty() || !options.function.empty();
  return options.prompt || !options.promptTokens.empty() || (!calls && areOfModel(*model, options.inputs));
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
  if (measuresModel(opened.artifact->program(), options))
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
