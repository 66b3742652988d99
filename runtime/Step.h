//===- Step.h - one call of a language model's function -*- C++ -*-===//
//
// The model's function takes tokens and lengths, a row of each for every sequence of the session, and gives logits. A
// sequence whose length is 0 rests. What else the function takes, such as the adapter of each sequence, the caller
// gives once, and every step passes it on.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_STEP_H
#define ATTN_RUNTIME_STEP_H

#include "runtime/Session.h"

#include <map>
#include <vector>

namespace attn {

/// What a language model's function takes beside tokens and lengths, by name. Of an argument that is no scalar, a
/// tensor of rank 0 is each element.
using StepInputs = std::map<std::string, attn_tensor_t>;

/// How many positions sequence 0 still has room for in the states that |function| makes longer.
int64_t roomLeft(const Session &session, int function);

/// What a caller does who needs more; for a function that makes some state longer.
std::string howToMakeRoom(const Session &session, int function);

class Step {
public:
  /// |function| has a language model's task. |session| and the data of |inputs| outlive it.
  Step(Session &session, int function, const StepInputs &inputs);

  int64_t roomLeft() const { return attn::roomLeft(session_, function_); }

  /// Puts a whole prompt into sequence 0, in as few calls as the function takes; an empty or a too long one is an
  /// error, and so is an input that is missing or does not fit.
  Status prefill(const std::vector<int32_t> &prompt);
  /// |count| tokens for sequence 0.
  Status run(const int32_t *tokens, int64_t count);
  /// A token for each sequence, −1 for one that rests.
  Status runEach(const std::vector<int32_t> &tokens);
  /// An error if some input, after a prefill, differs between sequences, which are then not interchangeable.
  Status checkSequencesAreAlike() const;

  /// The logits of a sequence after the last call, valid until the next one.
  const float *logits(int64_t sequence) const;
  int64_t vocabulary() const;

private:
  Status checkNames() const;
  Status placeInputs();
  /// |number| as the tensor that |declared| is, each of its elements.
  Result<attn_tensor_t> repeat(const attn_tensor_t &number, const TensorDeclaration &declared) const;
  /// The most tokens of one call.
  int64_t maxTokens() const;
  Status call(int64_t count);

  Session &session_;
  int function_;
  LanguageTask task_;
  StepInputs inputs_;
  std::vector<int32_t> tokens_, lengths_;
  std::vector<attn_tensor_t> arguments_, results_;
};

} // namespace attn

#endif // ATTN_RUNTIME_STEP_H
