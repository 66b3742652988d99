//===- Expression.h - random scalar expressions, as text and as values -*- C++ -*-===//
//
// What a variant written as text may hold: arith and math on scalars. An expression is printed for the compiler and
// evaluated in double here. Scores are smooth, so that rounding in f32 stays rounding; conditions compare integers
// only.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_NUMERICS_EXPRESSION_H
#define ATTN_TEST_NUMERICS_EXPRESSION_H

#include "test/numerics/Array.h"

#include <memory>

namespace attn::numerics {

/// Values of the region's arguments.
struct Scalars {
  double s, parameter;        ///< f32
  int64_t n, h, i, j, window; ///< i32
};

class Expression {
public:
  virtual ~Expression() = default;
  virtual double value(const Scalars &) const = 0;
  /// Appends the lines that compute it; returns the name of the result.
  virtual std::string print(std::string &lines, int &names) const = 0;
};

using ExpressionPtr = std::unique_ptr<Expression>;

/// A smooth f32 expression over the scalars, bounded by about 20; `depth` bounds the tree.
ExpressionPtr randomScore(Random &random, int depth);
/// An i1 expression over n, h, i, j, window.
ExpressionPtr randomCondition(Random &random, int depth);

} // namespace attn::numerics

#endif // ATTN_TEST_NUMERICS_EXPRESSION_H
