//===- Inlining.h - ops of a model may stand in any function -*- C++ -*-===//
//
// Models share a stack of layers by calling a private function, which is inlined before anything else happens.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_INLINING_H
#define ATTN_DIALECT_ATTN_INLINING_H

#include "mlir/Transforms/InliningUtils.h"

namespace attn {

struct InlineAnywhere : mlir::DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(mlir::Operation *, mlir::Region *, bool, mlir::IRMapping &) const final { return true; }
  bool isLegalToInline(mlir::Region *, mlir::Region *, bool, mlir::IRMapping &) const final { return true; }
};

} // namespace attn

#endif // ATTN_DIALECT_ATTN_INLINING_H
