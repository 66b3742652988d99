//===- Expression.h - sizes, offsets and conditions that an artefact leaves to the run -*- C++ -*-===//
//
// An expression of `program.json` (artifact.h, item 6) is text over integers, names and `dim(k,d)`. It is parsed and
// resolved once, when an artefact is opened, to a short postfix program over slots; a launch evaluates that without
// looking at a name. Arithmetic is on signed 64-bit integers and checked: what overflows or divides by zero is an
// error.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_EXPRESSION_H
#define ATTN_RUNTIME_EXPRESSION_H

#include "runtime/Status.h"
#include "runtime/artifact.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attn {

/// What an expression may mention.
struct ExpressionScope {
  /// A kernel's argument as `dim` sees it.
  struct Argument {
    int buffer; ///< its place among the kernel's buffers, or -1 for a scalar
    int rank;
  };

  std::vector<std::string> names; ///< symbols and the loop index; a name's slot is its place here
  std::vector<Argument> arguments;
};

/// What the names and dimensions are at one evaluation.
struct ExpressionValues {
  const int64_t *names = nullptr;
  const attn_buffer *buffers = nullptr;
};

class Expression {
public:
  /// The constant 0.
  Expression() : Expression(0) {}
  /// A constant.
  explicit Expression(int64_t value) : code_{{Op::constant, value}} {}

  static Result<Expression> parse(std::string_view text, const ExpressionScope &scope);

  Result<int64_t> evaluate(const ExpressionValues &values) const;

  /// The slot of the name that this expression is, or -1 if it is anything but one name.
  int onlyName() const { return code_.size() == 1 && code_[0].op == Op::name ? static_cast<int>(code_[0].value) : -1; }

  /// Whether its value depends on the name in |slot|.
  bool mentions(int slot) const;

  bool isConstant() const { return code_.size() == 1 && code_[0].op == Op::constant; }

private:
  friend class ExpressionParser;

  enum class Op : uint8_t { constant, name, dimension, add, subtract, multiply, ceilDiv, floorDiv, modulo, min, max };
  struct Instruction {
    Op op;
    int64_t value = 0; ///< a constant, a slot, or buffer * ATTN_MAX_RANK + dimension
  };
  /// The deepest stack that `evaluate` needs is bounded when parsing.
  static constexpr int maxDepth = 32;

  static bool apply(Op op, int64_t a, int64_t b, int64_t &out);

  std::vector<Instruction> code_;
};

/// Comparisons joined by `and`; without any it always holds.
class Predicate {
public:
  static Result<Predicate> parse(std::string_view text, const ExpressionScope &scope);

  Result<bool> evaluate(const ExpressionValues &values) const;

private:
  friend class ExpressionParser;

  enum class Comparison : uint8_t { less, lessEqual, equal, notEqual, greaterEqual, greater };
  struct Term {
    Expression left;
    Comparison comparison;
    Expression right;
  };
  std::vector<Term> terms_;
};

} // namespace attn

#endif // ATTN_RUNTIME_EXPRESSION_H
