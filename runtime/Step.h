//===- Step.h - one call of a language model's function -*- C++ -*-===//
//
// The model's function takes tokens and lengths, a row of each for every sequence of the session, and gives logits. A
// sequence whose length is 0 rests.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_STEP_H
#define ATTN_RUNTIME_STEP_H

#include "runtime/Session.h"

#include <vector>

namespace attn {

/// How many positions sequence 0 still has room for in the states that |function| makes longer.
int64_t roomLeft(const Session &session, int function);

/// What a caller does who needs more; for a function that makes some state longer.
std::string howToMakeRoom(const Session &session, int function);

class Step {
public:
  /// |function| has a language model's task. |session| outlives it.
  Step(Session &session, int function);

  int64_t roomLeft() const { return attn::roomLeft(session_, function_); }

  /// Puts a whole prompt into sequence 0, in as few calls as the function takes; an empty or a too long one is an
  /// error.
  Status prefill(const std::vector<int32_t> &prompt);
  /// |count| tokens for sequence 0.
  Status run(const int32_t *tokens, int64_t count);
  /// A token for each sequence, −1 for one that rests.
  Status runEach(const std::vector<int32_t> &tokens);

  /// The logits of a sequence after the last call, valid until the next one.
  const float *logits(int64_t sequence) const;
  int64_t vocabulary() const;

private:
  Status checkSignature() const;
  /// The most tokens of one call.
  int64_t maxTokens() const;
  Status call(int64_t count);

  Session &session_;
  int function_;
  LanguageTask task_;
  std::vector<int32_t> tokens_, lengths_;
  std::vector<attn_tensor_t> arguments_, results_;
};

} // namespace attn

#endif // ATTN_RUNTIME_STEP_H
