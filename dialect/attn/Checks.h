//===- Checks.h - what verifiers of several ops ask, and how several answers become one -*- C++ -*-===//

#ifndef ATTN_DIALECT_ATTN_CHECKS_H
#define ATTN_DIALECT_ATTN_CHECKS_H

#include "dialect/attn/Attn.h"

namespace attn {

/// What has been found so far. Checks that do not depend on one another all speak, so that one run names everything
/// that is wrong with an op; what only has a meaning where others hold is asked behind `if (succeeded(checks))`, or
/// behind the one condition that it counts on.
class Checks {
public:
  /// Takes in the answer of one; an error that is emitted is one, too.
  void add(llvm::LogicalResult answer) { allHold &= llvm::succeeded(answer); }
  operator llvm::LogicalResult() const { return llvm::success(allHold); }

private:
  bool allHold = true;
};

/// Whether kernels compute with elements of this type: f32, bf16 or f16.
bool isNumber(mlir::Type element);

/// Tensors, memrefs and caches among `data` hold numbers; null values and what has no elements are passed over, and of
/// several values of one type one error is said.
llvm::LogicalResult verifyNumbers(mlir::Operation *op, mlir::ValueRange data);

/// Whether it is of rank 4 (sequence, position, head, width), or of rank 3 as packed rows are.
bool isOfAttention(mlir::Type data);

/// Whether `sequences` say how many keys of a cache there are; also where what made them is out of sight.
bool countsKeys(mlir::Value sequences);

} // namespace attn

#endif // ATTN_DIALECT_ATTN_CHECKS_H
