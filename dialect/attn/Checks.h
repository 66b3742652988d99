//===- Checks.h - what verifiers of several ops ask -*- C++ -*-===//

#ifndef ATTN_DIALECT_ATTN_CHECKS_H
#define ATTN_DIALECT_ATTN_CHECKS_H

#include "dialect/attn/Attn.h"

namespace attn {

/// Whether kernels compute with elements of this type: f32, bf16 or f16.
bool isNumber(mlir::Type element);

/// Tensors, memrefs and caches among `data` hold numbers; null values and what has no elements are passed over.
llvm::LogicalResult verifyNumbers(mlir::Operation *op, mlir::ValueRange data);

/// Whether `sequences` say how many keys of a cache there are; also where what made them is out of sight.
bool countsKeys(mlir::Value sequences);

} // namespace attn

#endif // ATTN_DIALECT_ATTN_CHECKS_H
