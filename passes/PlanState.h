//===- PlanState.h - which attention has a state over keys, and when it pays -*- C++ -*-===//

#ifndef ATTN_PASSES_PLANSTATE_H
#define ATTN_PASSES_PLANSTATE_H

#include "dialect/attn/Attn.h"

#include <string>

namespace attn {

/// Whether the form of a plan carries a state over keys, in chunks of several tokens or of one.
inline bool isStateForm(llvm::StringRef form) { return form == "chunked" || form == "recurrent"; }

/// Why no kernel can carry a state over the keys of `generic`: what follows "has" or "expects" in an error; empty where
/// one can.
std::string findStateObstacle(GenericOp generic);

/// Whether only a state can give what is asked for: a state comes in or goes out, or keys fade by gates.
bool needsState(GenericOp generic);

} // namespace attn

#endif // ATTN_PASSES_PLANSTATE_H
