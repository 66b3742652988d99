//===- SearchTokens.cpp - attn-run continues or translates tokens, greedily or by beams -*- C++ -*-===//

#include "runtime/Beams.h"
#include "runtime/Generate.h"
#include "tools/run/Inputs.h"
#include "tools/run/Modes.h"
#include "tools/run/Trace.h"

#include <cstdio>

namespace attn::run {

/// Runs @encode, which leaves what it knows of the source in states of sequence 0; the others rest.
static Status encodeSource(Session &session, std::vector<int32_t> source) {
  int index = session.program().findFunction("encode");
  if (index < 0)
    return failure(Code::invalid_argument, "program '%s' has no function 'encode'; leave --source-tokens out",
                   session.program().name.c_str());
  const Function &function = session.program().functions[static_cast<size_t>(index)];
  if (function.arguments.size() != 2)
    return failure(Code::unsupported,
                   "function 'encode' has %zu arguments, but translating knows tokens and lengths only",
                   function.arguments.size());
  const int64_t sizes[2] = {session.sequences(), static_cast<int64_t>(source.size())};
  std::vector<int32_t> lengths(static_cast<size_t>(sizes[0]), 0);
  lengths[0] = static_cast<int32_t>(source.size());
  source.resize(static_cast<size_t>(sizes[0] * sizes[1]), 0);
  const attn_tensor_t arguments[2] = {attn_tensor(source.data(), ATTN_I32, 2, sizes),
                                      attn_tensor(lengths.data(), ATTN_I32, 1, sizes)};
  std::vector<attn_tensor_t> results(function.results.size());
  return session.run(index, arguments, 2, results.data(), results.size());
}

Status searchTokens(const Opened &opened, const Options &options) {
  ATTN_ASSIGN_OR_RETURN(function, findLanguageModel(opened.artifact->program()));
  ATTN_RETURN_IF_ERROR(checkMetadata(opened.artifact->program(), opened.weights.get()));
  ATTN_ASSIGN_OR_RETURN(inputs, readModelInputs(opened.artifact->program().functions[function], options.inputs));
  ATTN_ASSIGN_OR_RETURN(device, makeDevice(options.device, options.threads));
  SessionOptions sizes;
  sizes.sequences = options.beams;
  sizes.capacity = options.context;
  ATTN_ASSIGN_OR_RETURN(session, Session::create(std::move(device), opened.artifact, opened.weights, sizes));
  Trace trace(options);
  ATTN_RETURN_IF_ERROR(trace.watch(*session));
  if (!options.sourceTokens.empty())
    ATTN_RETURN_IF_ERROR(trace.explain(encodeSource(*session, options.sourceTokens)));
  int64_t room = roomLeft(*session, function) - static_cast<int64_t>(options.promptTokens.size());
  BeamOptions search;
  search.maxTokens = options.maxTokens;
  search.inputs = inputs.byName;
  search.stopToken = static_cast<int32_t>(options.stopToken);
  Result<Hypothesis> best = searchBeams(*session, options.promptTokens, search);
  ATTN_RETURN_IF_ERROR(trace.explain(best.status()));
  for (size_t i = 0; i < best->tokens.size(); ++i)
    std::printf("%s%d", i ? " " : "", best->tokens[i]);
  std::printf("\n");
  std::fprintf(stderr, "%zu tokens, mean log-probability %.6f\n", best->tokens.size(), best->score);
  reportFullCache(*session, function, static_cast<int64_t>(best->tokens.size()), room, options.maxTokens);
  return trace.write();
}

} // namespace attn::run
