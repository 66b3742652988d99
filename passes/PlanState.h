//===- PlanState.h - which attention has a state over keys, and when it pays -*- C++ -*-===//

#ifndef ATTN_PASSES_PLANSTATE_H
#define ATTN_PASSES_PLANSTATE_H

#include "dialect/attn/Attn.h"

#include <string>

namespace attn {

/// Whether the form of a plan carries a state over keys, in chunks of several tokens or of one.
inline bool isStateForm(llvm::StringRef form) { return form == "chunked" || form == "recurrent"; }

/// Whether a plan is of whole chunks of tokens and no sweep: such a form, or the pairs of keys that fade.
inline bool isChunkForm(llvm::StringRef form) { return isStateForm(form) || form == "quadratic"; }

/// What `form` of an attn.generic asks for: a form by its name, empty where planning chooses, and with it how many
/// tokens a chunk has, 0 where that is left open. `chunked 32` is both.
struct RequestedForm {
  llvm::StringRef name;
  int64_t tokens = 0;
};
RequestedForm requestedForm(GenericOp generic);

/// Why no kernel can carry a state over the keys of `generic`: what follows "has" or "expects" in an error; empty where
/// one can.
std::string findStateObstacle(GenericOp generic);

/// Weights s^p over their sum, p even, become a softmax of p · log |s|, which no score overflows.
void takeLogarithms(GenericOp generic);

/// Whether a state comes in or goes out.
bool needsState(GenericOp generic);

} // namespace attn

#endif // ATTN_PASSES_PLANSTATE_H
