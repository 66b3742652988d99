//===- Generalize.h - one chain of named ops becomes attn.generic -*- C++ -*-===//

#ifndef ATTN_PASSES_GENERALIZE_H
#define ATTN_PASSES_GENERALIZE_H

#include "dialect/attn/Attn.h"

namespace attn {

/// Replaces `closing` and the chain behind it by one `attn.generic`, which is returned. The chain's other ops stay:
/// they may belong to more closing ops, and are dead if they do not. On failure an error has been emitted and nothing
/// changed.
mlir::FailureOr<GenericOp> generalize(ClosingOpInterface closing);

} // namespace attn

#endif // ATTN_PASSES_GENERALIZE_H
