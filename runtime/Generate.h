//===- Generate.h - a language model's loop -*- C++ -*-===//
//
// Prefill in chunks as long as the function takes, then one token at a time. Sequence 0 of the session is continued;
// the others, where the session has more, rest with a length of 0.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_GENERATE_H
#define ATTN_RUNTIME_GENERATE_H

#include "runtime/Step.h"
#include "runtime/text/Sampler.h"

#include <functional>

namespace attn {

struct GenerateOptions {
  int64_t maxTokens = 128;
  SamplerOptions sampler;
  std::vector<int32_t> stopTokens;
  StepInputs inputs;
};

/// Called with each new token that is no stop token; false ends the generation.
using TokenCallback = std::function<bool(int32_t token)>;

/// Which of the program's functions is a language model's step; an error names what is missing.
Result<int> findLanguageModel(const Program &program);

/// Checks the metadata that the program was compiled for against the weight file's, and lists all that differs.
Status checkMetadata(const Program &program, const WeightSource *weights);

Status generate(Session &session, const std::vector<int32_t> &prompt, const GenerateOptions &options,
                const TokenCallback &callback, attn_generate_stats_t &stats);

} // namespace attn

#endif // ATTN_RUNTIME_GENERATE_H
