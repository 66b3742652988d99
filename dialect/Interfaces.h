//===- Interfaces.h - the extension points of the dialects -*- C++ -*-===//

#ifndef ATTN_DIALECT_INTERFACES_H
#define ATTN_DIALECT_INTERFACES_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"

namespace attn {
class GenericBuilder;
} // namespace attn

#include "dialect/Interfaces.h.inc"

#endif // ATTN_DIALECT_INTERFACES_H
