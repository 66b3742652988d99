//===- MaskIntervals.h - which keys a row may meet, read off a mask region -*- C++ -*-===//
//
// A mask is a scalar condition on (n, h, i, j). For one row i it is brought into disjunctive form; each conjunct is an
// interval of keys whose bounds are expressions in i that are monotone, so that a tile of rows needs them at its two
// ends only. Everything is symbolic: windows, offsets and block sizes may be run-time values.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_MASKINTERVALS_H
#define ATTN_PASSES_MASKINTERVALS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Region.h"
#include "llvm/ADT/SmallVector.h"

namespace attn {

/// How an expression changes as i grows.
enum class Direction { constant, up, down, unknown };

/// Σ coefficient · leaf + i · position + constant, times `factor` where there is one. A leaf is a value of the region
/// that depends on n, the captures and monotonically on i; `factor` depends on n and the captures.
struct PositionExpression {
  int64_t position = 0;
  int64_t constant = 0;
  llvm::SmallVector<std::pair<mlir::Value, int64_t>, 2> leaves;
  mlir::Value factor;
};

/// j ≥ at(i) where `isLower`, else j < at(i), for at least one of several expressions.
struct KeyBound {
  struct Place {
    PositionExpression at;
    Direction direction;
  };

  KeyBound(bool isLower, PositionExpression at, Direction direction) : isLower(isLower) {
    places.push_back({std::move(at), direction});
  }

  bool isLower;
  llvm::SmallVector<Place, 1> places;
};

/// An i1 value of the region that depends on n, captures and, where `ofHead`, on h, and the value that it must have.
struct PairCondition {
  mlir::Value value;
  bool expected, ofHead;
};

/// All bounds and conditions hold. An inexact conjunct admits fewer pairs than its bounds say. The bounds say
/// nothing where one of `divisors`, values that depend on n and captures only, is not positive.
struct KeyInterval {
  /// Whether every key is in it.
  bool isWhole() const { return bounds.empty() && conditions.empty(); }

  llvm::SmallVector<KeyBound, 4> bounds;
  llvm::SmallVector<PairCondition, 2> conditions;
  bool exact = true;
  llvm::SmallVector<mlir::Value, 2> divisors = {};
};

/// A union of intervals; `obstacle` is the op that stopped the analysis where one did.
struct MaskIntervals {
  llvm::SmallVector<KeyInterval, 4> intervals;
  mlir::Operation *obstacle = nullptr;
};

/// More intervals than this are not told apart.
constexpr unsigned maximumIntervals = 4;

/// Analyses a region (n, h, i, j, captures…) → i1. Its sums are taken not to overflow in i32 and wider types.
MaskIntervals analyzeMask(mlir::Region &mask);

} // namespace attn

#endif // ATTN_PASSES_MASKINTERVALS_H
