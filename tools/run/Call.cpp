//===- Call.cpp - attn-run calls a function with arrays -*- C++ -*-===//

#include "tools/run/Inputs.h"
#include "tools/run/Modes.h"
#include "tools/run/Trace.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace attn::run {

static Result<int> chooseFunction(const Program &program, const std::string &name) {
  std::string wanted = name.empty() ? "main" : name;
  int index = program.findFunction(wanted);
  if (index < 0 && name.empty() && program.functions.size() == 1)
    index = 0;
  if (index >= 0)
    return index;
  std::string names;
  for (const Function &function : program.functions)
    names += (names.empty() ? "" : ", ") + function.name;
  return failure(Code::invalid_argument, "there is no function '%s'; choose by --function among: %s", wanted.c_str(),
                 names.c_str());
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

/// The number of sequences that the inputs have: the size that their symbol has in an argument, or what offsets bound.
static int64_t findSequences(const Program &program, const Function &function, const std::vector<Array> &inputs) {
  for (const StateUse &use : function.states) {
    if (use.advance >= 0 && program.states[use.state].advancesByOffsets)
      return inputs[use.advance].tensor.sizes[0] - 1;
    for (size_t i = 0; i < inputs.size(); ++i)
      for (size_t d = 0; d < function.arguments[i].shape.size(); ++d)
        if (use.sequencesSymbol >= 0 && function.arguments[i].shape[d].expression.onlyName() == use.sequencesSymbol)
          return inputs[i].tensor.sizes[d];
  }
  return 1;
}

static Status fillStates(Session &session, const std::vector<std::string> &values) {
  const Program &program = session.program();
  std::vector<std::optional<std::string>> assigned;
  for (const std::string &value : values)
    if (value.find('=') == std::string::npos)
      return failure(Code::invalid_argument, "--state takes NAME=FILE, but got '%s'", value.c_str());
  ATTN_RETURN_IF_ERROR(assign("--state", values, namesOf(program.states), assigned));
  for (size_t i = 0; i < assigned.size(); ++i) {
    if (!assigned[i])
      continue;
    const StateDeclaration &state = program.states[i];
    ATTN_ASSIGN_OR_RETURN(array, readArray(*assigned[i], "state '" + state.name + "'", state.type, state.shape.size()));
    ATTN_RETURN_IF_ERROR(session.states().write(static_cast<int>(i), array.tensor).at(*assigned[i]));
  }
  return Status();
}

/// The lengths of all states, to begin each run of a benchmark from the same ones.
static std::vector<std::vector<int32_t>> saveLengths(Session &session) {
  std::vector<std::vector<int32_t>> lengths;
  for (size_t i = 0; i < session.states().size(); ++i)
    lengths.push_back(session.states()[static_cast<int>(i)].lengths);
  return lengths;
}

static void restoreLengths(Session &session, const std::vector<std::vector<int32_t>> &lengths) {
  for (size_t i = 0; i < lengths.size(); ++i) {
    State &state = session.states()[static_cast<int>(i)];
    state.lengths = lengths[i];
    state.lengthsChanged = true;
  }
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

static void describeResult(const std::string &name, const attn_tensor_t &tensor) {
  static constexpr int64_t shown = 8;
  int64_t count = 1;
  for (int32_t d = 0; d < tensor.rank; ++d)
    count *= tensor.sizes[d];
  std::printf("%s: %s %s =", name.c_str(), attn_type_name(tensor.type),
              describeShape(tensor.sizes, static_cast<size_t>(tensor.rank)).c_str());
  for (int64_t i = 0; i < std::min(count, shown); ++i)
    std::printf(" %g", valueAt(tensor, i));
  std::printf("%s\n", count > shown ? " …" : "");
}

static Status writeOutputs(const Function &function, const std::vector<std::optional<std::string>> &paths,
                           const std::vector<attn_tensor_t> &results) {
  bool anywhere = std::any_of(paths.begin(), paths.end(), [](const auto &path) { return path.has_value(); });
  for (size_t i = 0; i < results.size(); ++i) {
    if (paths[i])
      ATTN_RETURN_IF_ERROR(writeArray(*paths[i], results[i]));
    else if (!anywhere)
      describeResult(function.results[i].name, results[i]);
  }
  return Status();
}

std::string describeTimes(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  char text[128];
  std::snprintf(text, sizeof text, "%.4f ms (%.4f to %.4f, %zu runs)", seconds[seconds.size() / 2] * 1e3,
                seconds.front() * 1e3, seconds.back() * 1e3, seconds.size());
  return text;
}

Status callFunction(const Opened &opened, const Options &options) {
  const Program &program = opened.artifact->program();
  ATTN_ASSIGN_OR_RETURN(index, chooseFunction(program, options.function));
  const Function &function = program.functions[index];
  std::vector<std::optional<std::string>> outputs;
  ATTN_RETURN_IF_ERROR(assign("--output", options.outputs, namesOf(function.results), outputs));
  std::vector<Array> inputs;
  ATTN_RETURN_IF_ERROR(readInputs(function, options.inputs, inputs));

  ATTN_ASSIGN_OR_RETURN(device, makeDevice(options.device, options.threads));
  SessionOptions sizes;
  sizes.sequences = findSequences(opened.artifact->program(), function, inputs);
  sizes.capacity = options.context;
  ATTN_ASSIGN_OR_RETURN(session, Session::create(std::move(device), opened.artifact, opened.weights, sizes));
  ATTN_RETURN_IF_ERROR(fillStates(*session, options.states));
  Trace trace(options);
  ATTN_RETURN_IF_ERROR(trace.watch(*session));

  std::vector<attn_tensor_t> arguments;
  for (const Array &input : inputs)
    arguments.push_back(input.tensor);
  std::vector<attn_tensor_t> results(function.results.size());
  auto run = [&] {
    std::fill(results.begin(), results.end(), attn_tensor_t{});
    return session->run(index, arguments.data(), arguments.size(), results.data(), results.size());
  };
  auto lengths = saveLengths(*session);
  ATTN_RETURN_IF_ERROR(trace.explain(run()));
  if (options.benchmark) {
    int64_t runs = *options.benchmark ? *options.benchmark : 10;
    std::vector<double> seconds;
    for (int64_t i = -2; i < runs; ++i) { // two more to warm up
      restoreLengths(*session, lengths);
      auto start = std::chrono::steady_clock::now();
      ATTN_RETURN_IF_ERROR(trace.explain(run()));
      if (i >= 0)
        seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    std::printf("%s: %s\n", function.name.c_str(), describeTimes(std::move(seconds)).c_str());
  }
  ATTN_RETURN_IF_ERROR(options.benchmark && options.outputs.empty() ? Status()
                                                                    : writeOutputs(function, outputs, results));
  return trace.write();
}

} // namespace attn::run
