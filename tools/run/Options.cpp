//===- Options.cpp - the command line of attn-run -*- C++ -*-===//

#include "tools/run/Options.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <string_view>

namespace attn::run {

const char *helpText() {
  return R"(OVERVIEW: attn-run: runs a program that attn-opt compiled

USAGE:   attn-run [options] PROGRAM.attn
EXAMPLE: attn-run softmax.attn --input=q.npy --input=k.npy --input=v.npy --output=o.npy
         attn-run smollm2.attn --weights=SmolLM2.gguf --prompt="Why is the sky blue?"

Call a function:
  --function=NAME       which one (default: the only one, or main)
  --input=F.npy|N       an argument, in order, or --input=NAME=F.npy, or NAME=128 for a scalar
  --output=F.npy        a result, in order, or --output=NAME=F.npy; without any, results are described
  --state=NAME=F.npy    what a cache holds before the call (default: nothing)

Generate text:
  --prompt=TEXT         what to answer
  --raw                 continue the prompt as it stands, without the chat format
  --max-tokens=N        at most so many new tokens (default 128)
  --temperature=X       0 takes the likeliest token (default 0)
  --top-k=N --top-p=X   draw among the N likeliest, or the likeliest that sum to X (default: all)
  --seed=N              of the draws (default 0)

Generate or translate tokens, written as numbers:
  --prompt-tokens=N,…   what to continue; of a translation its begin
  --source-tokens=N,…   what to translate: function @encode reads it first
  --beams=N             search with so many hypotheses (default 1: the likeliest token each time)
  --stop-token=N        ends the text (default: none)

Both:
  --weights=F|random:N  GGUF or safetensors, or random numbers from the seed N
  --context=N           the caches' capacity in tokens (default: the model's)
  --input=NAME=N|F.npy  what a model takes beside tokens and lengths, such as adapters=1, at every step
  --device=NAME         cpu, cuda, ptx or auto (default auto)
  --threads=N           of the CPU (default: all)

Look inside:
  --list                functions, arguments, states, weights and kernels
  --size=NAME=N         with --list: the memory that functions take where T, say, is N; one for each symbol
  --check               check the program, and the weights if given, and run nothing
  --benchmark[=N]       median time over N runs; for a language model tokens per second
  --profile=F.json      where the time goes, kernel by kernel, for chrome://tracing
  --dump-attention=F    the weights of attention in the first call of each function, as F.png or F.npy
  --check-numerics      stop at the first kernel that writes a NaN or an infinity

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 well-formed but unsupported.
)";
}

int exitCode(const Status &status) {
  switch (status.code()) {
  case Code::ok:
    return 0;
  case Code::invalid_argument:
    return 2;
  case Code::unsupported:
    return 3;
  case Code::not_found:
  case Code::corrupt:
  case Code::out_of_range:
  case Code::out_of_memory:
  case Code::io:
  case Code::device:
    break;
  }
  return 1;
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

static Status parseInteger(const std::string &option, const std::string &text, int64_t min, int64_t max, int64_t &out) {
  char *end = nullptr;
  errno = 0;
  long long value = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end || errno || value < min || value > max)
    return failure(Code::invalid_argument, "%s takes an integer from %lld to %lld, but got '%s'", option.c_str(),
                   static_cast<long long>(min), static_cast<long long>(max), text.c_str());
  out = value;
  return Status();
}

static Status parseNumber(const std::string &option, const std::string &text, double min, double max, double &out) {
  char *end = nullptr;
  double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end || !(value >= min && value <= max))
    return failure(Code::invalid_argument, "%s takes a number from %g to %g, but got '%s'", option.c_str(), min, max,
                   text.c_str());
  out = value;
  return Status();
}

//===----------------------------------------------------------------------===//
// The table of options
//===----------------------------------------------------------------------===//

namespace {

struct Row {
  enum class Value { none, optional, required };
  const char *name;
  Value value;
  std::function<Status(Options &, const std::string &)> set;
  bool repeats = false; ///< whether it may be given several times
};

} // namespace

static Row textRow(const char *name, std::string Options::*member) {
  return {name, Row::Value::required, [=](Options &options, const std::string &text) -> Status {
            if (text.empty())
              return failure(Code::invalid_argument, "%s takes a value, but got nothing", name);
            options.*member = text;
            return Status();
          }};
}

static Row listRow(const char *name, std::vector<std::string> Options::*member, const char *form) {
  auto set = [=](Options &options, const std::string &text) -> Status {
    if (text.empty())
      return failure(Code::invalid_argument, "%s takes %s, but got nothing", name, form);
    (options.*member).push_back(text);
    return Status();
  };
  return {name, Row::Value::required, set, /*repeats=*/true};
}

static Row flagRow(const char *name, bool Options::*member) {
  return {name, Row::Value::none, [=](Options &options, const std::string &) -> Status {
            options.*member = true;
            return Status();
          }};
}

static Row integerRow(const char *name, int64_t Options::*member, int64_t min, int64_t max) {
  return {name, Row::Value::required, [=](Options &options, const std::string &text) {
            return parseInteger(name, text, min, max, options.*member);
          }};
}

static Row numberRow(const char *name, double Options::*member, double min, double max) {
  return {name, Row::Value::required, [=](Options &options, const std::string &text) {
            return parseNumber(name, text, min, max, options.*member);
          }};
}

static Row tokensRow(const char *name, std::vector<int32_t> Options::*member) {
  return {name, Row::Value::required, [=](Options &options, const std::string &text) -> Status {
            for (size_t begin = 0; begin <= text.size();) {
              size_t end = std::min(text.find(',', begin), text.size());
              int64_t token = 0;
              ATTN_RETURN_IF_ERROR(parseInteger(name, text.substr(begin, end - begin), 0, INT32_MAX, token));
              (options.*member).push_back(static_cast<int32_t>(token));
              begin = end + 1;
            }
            return Status();
          }};
}

static const std::vector<Row> &rows() {
  static const std::vector<Row> table = {
      textRow("--function", &Options::function),
      listRow("--input", &Options::inputs, "F.npy, NAME=F.npy or, for a scalar, NAME=NUMBER"),
      listRow("--output", &Options::outputs, "F.npy or NAME=F.npy"),
      listRow("--state", &Options::states, "NAME=F.npy"),
      textRow("--weights", &Options::weights),
      textRow("--device", &Options::device),
      {"--threads", Row::Value::required,
       [](Options &options, const std::string &text) {
         int64_t value = 0;
         Status status = parseInteger("--threads", text, 1, 1024, value);
         options.threads = static_cast<int>(value);
         return status;
       }},
      {"--prompt", Row::Value::required,
       [](Options &options, const std::string &text) {
         options.prompt = text;
         return Status();
       }},
      tokensRow("--prompt-tokens", &Options::promptTokens),
      tokensRow("--source-tokens", &Options::sourceTokens),
      integerRow("--beams", &Options::beams, 1, 1024),
      integerRow("--stop-token", &Options::stopToken, 0, INT32_MAX),
      flagRow("--raw", &Options::raw),
      integerRow("--max-tokens", &Options::maxTokens, 1, INT32_MAX),
      integerRow("--context", &Options::context, 1, INT32_MAX),
      numberRow("--temperature", &Options::temperature, 0, 1000),
      integerRow("--top-k", &Options::topK, 0, INT32_MAX),
      numberRow("--top-p", &Options::topP, 0, 1),
      {"--seed", Row::Value::required,
       [](Options &options, const std::string &text) {
         int64_t value = 0;
         Status status = parseInteger("--seed", text, 0, INT64_MAX, value);
         options.seed = static_cast<uint64_t>(value);
         return status;
       }},
      {"--benchmark", Row::Value::optional,
       [](Options &options, const std::string &text) {
         int64_t runs = 0;
         Status status = text.empty() ? Status() : parseInteger("--benchmark", text, 1, 1000000, runs);
         options.benchmark = runs;
         return status;
       }},
      textRow("--profile", &Options::profile),
      {"--dump-attention", Row::Value::required,
       [](Options &options, const std::string &text) -> Status {
         std::string end = text.size() > 4 ? text.substr(text.size() - 4) : "";
         if (end != ".png" && end != ".npy")
           return failure(Code::invalid_argument,
                          "--dump-attention takes a file that ends in .png or .npy, but got '%s'", text.c_str());
         options.dumpAttention = text;
         return Status();
       }},
      flagRow("--check-numerics", &Options::checkNumerics),
      flagRow("--list", &Options::list),
      {"--size", Row::Value::required,
       [](Options &options, const std::string &text) -> Status {
         size_t equals = text.find('=');
         if (equals == std::string::npos || equals == 0)
           return failure(Code::invalid_argument, "--size takes a symbol and its value, --size=T=1024, but got '%s'",
                          text.c_str());
         std::string name = text.substr(0, equals);
         if (options.sizes.count(name))
           return failure(Code::invalid_argument, "--size gives '%s' twice; leave one out", name.c_str());
         return parseInteger("--size=" + name, text.substr(equals + 1), 0, INT64_MAX, options.sizes[name]);
       },
       /*repeats=*/true},
      flagRow("--check", &Options::check),
      flagRow("--help", &Options::help),
  };
  return table;
}

/// What the command line will take one day.
static constexpr const char *futureOptions[] = {"--text", "--image", "--labels", "--classes", "--source-text"};

/// The number of letters to insert, delete or change.
static size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t change = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row.back();
}

static Status unknownOption(const std::string &name) {
  for (const char *future : futureOptions)
    if (name == future)
      return failure(Code::invalid_argument, "%s is not supported yet", future);
  const Row *best = nullptr;
  size_t distance = name.size() / 2;
  for (const Row &row : rows()) {
    bool isBeginning = name.size() > 3 && std::string_view(row.name).substr(0, name.size()) == name;
    if (size_t d = isBeginning ? 0 : editDistance(name, row.name); d < distance) {
      distance = d;
      best = &row;
    }
  }
  if (best)
    return failure(Code::invalid_argument, "there is no option %s; did you mean %s?", name.c_str(), best->name);
  return failure(Code::invalid_argument, "there is no option %s; --help lists them", name.c_str());
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

/// |given| holds the options before this one and their values.
static Status parseOption(const std::string &argument, std::map<std::string, std::string> &given, Options &options) {
  size_t equals = argument.find('=');
  std::string name = argument.substr(0, equals);
  for (const Row &row : rows()) {
    if (name != row.name)
      continue;
    bool hasValue = equals != std::string::npos;
    if (hasValue && row.value == Row::Value::none)
      return failure(Code::invalid_argument, "%s takes no value", row.name);
    if (!hasValue && row.value == Row::Value::required)
      return failure(Code::invalid_argument, "%s takes a value: %s=…", row.name, row.name);
    std::string value = hasValue ? argument.substr(equals + 1) : "";
    auto [before, isFirst] = given.emplace(name, value);
    if (!isFirst && !row.repeats && (hasValue || !before->second.empty()))
      return failure(Code::invalid_argument, "%s is given twice, as '%s' and as '%s'; leave one out", row.name,
                     before->second.c_str(), value.c_str());
    if (!isFirst && !row.repeats)
      return failure(Code::invalid_argument, "%s is given twice; leave one out", row.name);
    return row.set(options, value);
  }
  return unknownOption(name);
}

/// Options that say something about one mode must not be ignored in another.
static Status checkModes(const Options &options, const std::map<std::string, std::string> &given) {
  // Both take inputs: a language model those that its function has beside tokens and lengths.
  bool generates = options.prompt || !options.promptTokens.empty();
  bool calls = !options.outputs.empty() || !options.states.empty() || (!generates && !options.inputs.empty());
  if (options.prompt && calls)
    return failure(Code::invalid_argument, "--prompt generates text, --output and --state call a function; use one");
  if (options.prompt && !options.function.empty())
    return failure(Code::invalid_argument,
                   "--prompt runs the language model's function, --function calls any; use one");
  if (options.raw && !options.prompt)
    return failure(Code::invalid_argument, "--raw is about a prompt; pass --prompt=TEXT");
  if (!options.promptTokens.empty() && (options.prompt || calls || !options.function.empty()))
    return failure(Code::invalid_argument,
                   "--prompt-tokens continues tokens; it goes without --prompt, --function, --output and --state");
  if (options.promptTokens.empty())
    for (const char *name : {"--source-tokens", "--beams", "--stop-token"})
      if (given.count(name))
        return failure(Code::invalid_argument, "%s is about tokens as numbers; pass --prompt-tokens=N,…", name);
  if (options.benchmark)
    for (const char *name : {"--source-tokens", "--beams", "--stop-token"})
      if (given.count(name))
        return failure(Code::invalid_argument,
                       "--benchmark measures the likeliest tokens, without an end or a source; leave %s out", name);
  if (options.list && options.check)
    return failure(Code::invalid_argument, "--list and --check are two ways to look inside; use one");
  if (options.list || options.check) {
    static const char *const ofList[] = {"--list", "--size"}, *const ofCheck[] = {"--check", "--weights", "--device",
                                                                                  "--threads"};
    for (const auto &[name, value] : given)
      if (options.list ? std::find(std::begin(ofList), std::end(ofList), name) == std::end(ofList)
                       : std::find(std::begin(ofCheck), std::end(ofCheck), name) == std::end(ofCheck))
        return failure(Code::invalid_argument, "%s runs nothing, so %s has no effect; leave it out",
                       options.list ? "--list" : "--check", name.c_str());
  }
  if (!options.sizes.empty() && !options.list)
    return failure(Code::invalid_argument, "--size says at which sizes --list gives the memory; pass --list");
  if (!options.dumpAttention.empty() && options.benchmark)
    return failure(Code::invalid_argument, "--dump-attention looks at a call or a prompt; leave --benchmark out");
  if (!options.promptTokens.empty()) {
    for (const char *name : {"--temperature", "--top-k", "--top-p", "--seed"})
      if (given.count(name))
        return failure(Code::invalid_argument, "%s draws tokens, --prompt-tokens takes the likeliest; leave it out",
                       name);
    return Status();
  }
  if (generates || (options.benchmark && !calls && options.function.empty()))
    return Status();
  for (const char *name : {"--max-tokens", "--temperature", "--top-k", "--top-p", "--seed"})
    if (given.count(name))
      return failure(Code::invalid_argument, "%s is about generating text; pass --prompt=TEXT", name);
  return Status();
}

Result<Options> parseOptions(int count, const char *const *arguments) {
  Options options;
  std::map<std::string, std::string> given;
  for (int i = 1; i < count; ++i) {
    std::string argument = arguments[i];
    if (argument.size() > 1 && argument[0] == '-') {
      ATTN_RETURN_IF_ERROR(parseOption(argument, given, options));
      continue;
    }
    if (!options.program.empty())
      return failure(Code::invalid_argument, "one program is run at a time, but '%s' and '%s' are given",
                     options.program.c_str(), argument.c_str());
    options.program = argument;
  }
  if (options.help)
    return options;
  if (options.program.empty())
    return failure(Code::invalid_argument, "no program is given; usage: attn-run [options] PROGRAM.attn, see --help");
  ATTN_RETURN_IF_ERROR(checkModes(options, given));
  return options;
}

} // namespace attn::run
