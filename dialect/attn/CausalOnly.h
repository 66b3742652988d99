//===- CausalOnly.h - sources whose weights are of keys up to the query -*- C++ -*-===//

#ifndef ATTN_DIALECT_ATTN_CAUSALONLY_H
#define ATTN_DIALECT_ATTN_CAUSALONLY_H

#include "mlir/IR/OpDefinition.h"

namespace attn {

/// On a source: its chains have a mask that keeps j ≤ i.
template <typename ConcreteOp> class CausalOnly : public mlir::OpTrait::TraitBase<ConcreteOp, CausalOnly> {};

} // namespace attn

#endif // ATTN_DIALECT_ATTN_CAUSALONLY_H
