//===- Weights.h - what attn.generic holds to where it gives weights -*- C++ -*-===//

#ifndef ATTN_DIALECT_ATTN_WEIGHTS_H
#define ATTN_DIALECT_ATTN_WEIGHTS_H

#include "dialect/attn/Attn.h"

namespace attn {

/// (C15) of attn.generic: its slots and its one result or destination, where it gives weights in place of the output.
llvm::LogicalResult verifyWeights(GenericOp op);

} // namespace attn

#endif // ATTN_DIALECT_ATTN_WEIGHTS_H
