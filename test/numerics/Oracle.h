//===- Oracle.h - what a variant computes, by its formula, in double -*- C++ -*-===//
//
// One file in oracle/ for each named op holds the op's text, the operands that it takes and its formula, written from
// the specification and never from the compiler's generic form; and the cases that test it. The harness walks the list
// of dialect/attn/Variants.cmake, so an op without an oracle does not link.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_NUMERICS_ORACLE_H
#define ATTN_TEST_NUMERICS_ORACLE_H

#include "test/numerics/Problem.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace attn::numerics {

/// A query and a key that might meet: both stand on the key axis; `row` is the query's row in its tensor.
struct Pair {
  int64_t n, h, i, j, row;
};

/// An argument of the function under test: `%name: type {nn.dims = dims}`.
struct Argument {
  std::string name, type;
  std::vector<std::string> dims;
};

/// One op of the text under test.
class Op {
public:
  virtual ~Op() = default;
  /// What it needs beside queries, keys and values.
  virtual std::vector<Argument> arguments(const Geometry &) const { return {}; }
  /// Values of those arguments for one call, kept for the formula.
  virtual std::vector<Array> draw(const Problem &, Random &) { return {}; }
  /// What stands beside the function in the module.
  virtual std::string declarations() const { return ""; }
};

/// A number that an op takes: a constant of the module, or drawn for each call from `edges`.
struct Number {
  std::string name;
  attn_type_t type; ///< i32 or f32
  double value;
  std::vector<double> edges = {}; ///< none: the constant `value`

  std::vector<Argument> arguments() const;
  std::vector<Array> draw(Random &);
  /// What the text says before the op.
  std::string definition() const;
};

/// scores → scores.
class Modifier : public Op {
public:
  virtual std::string text(const std::string &in, const std::string &out, const Geometry &) const = 0;
  virtual double score(double s, const Pair &) const { return s; }
  virtual bool admits(const Pair &) const { return true; }
  /// Whether a logit of each head joins the normaliser, and which.
  virtual bool hasSink() const { return false; }
  virtual double sink(int64_t) const { return 0; }
};

/// `attn.<op> %scores <keyword> %number`.
class NumberModifier : public Modifier {
public:
  NumberModifier(std::string op, std::string keyword, Number number)
      : op(std::move(op)), keyword(std::move(keyword)), number(std::move(number)) {}

  std::vector<Argument> arguments(const Geometry &) const override { return number.arguments(); }
  std::vector<Array> draw(const Problem &, Random &random) override { return number.draw(random); }
  std::string text(const std::string &in, const std::string &out, const Geometry &) const override {
    return number.definition() + out + " = attn." + op + " " + in + " " + keyword + " %" + number.name;
  }

protected:
  const std::string op, keyword;
  Number number;
};

/// Queries and keys before they meet, in double, addressed as the problem's arrays.
struct Features {
  std::vector<double> query, key;
};

/// tensors → tensors.
class Operand : public Op {
public:
  /// Defines %query_1 from %query, whose rows stand at `queryRows`, and %key_1 from %key likewise.
  virtual std::string text(const std::string &queryType, const std::string &keyType, const std::string &queryRows,
                           const std::string &keyRows) const = 0;
  virtual void apply(const Problem &, Features &) const = 0;
};

/// A chain from queries and keys to the output.
struct Chain {
  std::shared_ptr<Operand> operand;
  std::optional<double> scale;
  bool scaleIsArgument = false; ///< else it is a constant of the module
  std::vector<std::shared_ptr<Modifier>> modifiers;
  bool lse = true;
  std::optional<attn_type_t> outputType; ///< where it is not that of the queries

  std::vector<Op *> ops() const;
};

/// One module to be compiled, for all lengths.
struct Case {
  std::string title; ///< what is special about it
  std::string name;  ///< the title, and all that is fixed when it is compiled; no two cases share it
  Geometry geometry;
  Layout layout;
  Start start;
  Chain chain;
  bool everyEdge = false;     ///< all pairs of lengths, not the short list
  bool roundsWeights = false; ///< to 16 bits before they meet the values, as GPUs do
};

/// What a call should give; each error is measured in units of `weight`, see `tolerance`.
struct Expected {
  std::vector<double> output, weight, lse;
  double largestScore = 0;
};

Expected evaluate(const Case &, const Problem &);

/// oracle/DotProduct.cpp: scale · q · k.
double dotProduct(const Geometry &, std::optional<double> scale, const double *query, const double *key);

/// oracle/Softmax.cpp: of the admitted keys' scores, the normalised weights; and the log-sum-exp, −∞ without a key or
/// sink.
double softmax(std::vector<double> &scores, std::optional<double> sink);

//===----------------------------------------------------------------------===//
// Cases
//===----------------------------------------------------------------------===//

using Cases = std::vector<Case>;

/// The shapes that every variant is tried on: one of each group size and each width, tile edges included.
std::vector<Geometry> geometries();
/// A small one of f32, for what does not depend on the shape.
Geometry plain(attn_type_t type = ATTN_F32);

using Modifiers = std::vector<std::shared_ptr<Modifier>>;
Case makeCase(const std::string &title, const Geometry &, Layout, Start, Modifiers modifiers = {});

/// The cases as the kernels of a GPU architecture (`sm_80`, …) carry them: with the nearest types and widths that they
/// take, those that become equal once, and without those that need other kernels than attention.
Cases carriedBy(const std::string &architecture, const Cases &);

/// Makes a modifier by its class.
template <typename T, typename... Arguments> std::shared_ptr<Modifier> modify(Arguments &&...arguments) {
  return std::make_shared<T>(std::forward<Arguments>(arguments)...);
}

/// The modifiers that cases of other variants combine with.
std::shared_ptr<Modifier> causal();
std::shared_ptr<Modifier> slidingWindow();
std::shared_ptr<Modifier> softcap();
std::shared_ptr<Modifier> clamp();
std::shared_ptr<Modifier> alibi();
std::shared_ptr<Modifier> masked(const std::string &axes);
std::shared_ptr<Modifier> biased(const std::string &axes, attn_type_t type);
std::shared_ptr<Modifier> sink();
/// Pairs of neighbours, base 10000.
std::shared_ptr<Operand> rotary();

} // namespace attn::numerics

#endif // ATTN_TEST_NUMERICS_ORACLE_H
