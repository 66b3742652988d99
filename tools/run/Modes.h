//===- Modes.h - what attn-run does with a program -*- C++ -*-===//

#ifndef ATTN_TOOLS_RUN_MODES_H
#define ATTN_TOOLS_RUN_MODES_H

#include "runtime/Session.h"
#include "tools/run/Options.h"

namespace attn::run {

/// What all modes have opened.
struct Opened {
  std::shared_ptr<const Artifact> artifact;
  std::shared_ptr<const WeightSource> weights; ///< null where none were given
};

Status listProgram(const Opened &opened, const Options &options);
Status checkProgramAndWeights(const Opened &opened, const Options &options);
Status callFunction(const Opened &opened, const Options &options);
Status generateText(const Opened &opened, const Options &options);
Status searchTokens(const Opened &opened, const Options &options);
Status benchmarkModel(const Opened &opened, const Options &options);

/// Says on standard error that a full cache ended a text of `said` tokens, if it did, and what to do: where a prompt
/// has `room` positions behind it, one token more than that can be said.
void reportFullCache(const Session &session, int function, int64_t said, int64_t room, int64_t wanted);

/// A message of the library, which names what a caller of the C API sets, with the options that set it.
std::string inWordsOfOptions(std::string message);

/// The median, and how far the others are from it: "1.234 ms (1.200 to 1.300, 10 runs)".
std::string describeTimes(std::vector<double> seconds);

} // namespace attn::run

#endif // ATTN_TOOLS_RUN_MODES_H
