//===- Beams.h - the likeliest continuation, by several at once -*- C++ -*-===//
//
// Each sequence of the session holds one hypothesis. A step extends all of them by one token; of the extensions the
// likeliest are kept. A hypothesis that is kept once stays in its sequence; each further one of the same parent goes to
// a sequence whose own was dropped, so that of the caches only these are copied.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_BEAMS_H
#define ATTN_RUNTIME_BEAMS_H

#include "runtime/Step.h"

namespace attn {

struct BeamOptions {
  int64_t maxTokens = 128;
  int32_t stopToken = -1; ///< ends a hypothesis; −1: none does
  StepInputs inputs;      ///< the same for each sequence
};

struct Hypothesis {
  std::vector<int32_t> tokens; ///< without the stop token
  double score = 0;            ///< the mean log-probability of its tokens, the stop token included
};

/// The hypothesis with the greatest score after |prompt|, among as many beams as the session has sequences; sequence 0
/// continues what it holds, the others are overwritten. Of equal ones the earlier beam wins, then the smaller token. It
/// ends when there are as many finished hypotheses as beams, and with |maxTokens| or a full cache: there the unfinished
/// ones count too.
Result<Hypothesis> searchBeams(Session &session, const std::vector<int32_t> &prompt, const BeamOptions &options);

} // namespace attn

#endif // ATTN_RUNTIME_BEAMS_H
