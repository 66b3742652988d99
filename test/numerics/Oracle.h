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
  /// The file whose variants the module needs, as --with brings them in; none: "".
  virtual std::string file() const { return ""; }
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
  /// What the normalised weight is multiplied by, for the output alone.
  virtual double factor(const Pair &) const { return 1; }
  /// The logarithm of what the weight is times before it is normalised, below or equal to 0.
  virtual double fading(const Pair &) const { return 0; }
  /// Whether it has gates, of which that is the sum.
  virtual bool hasGates() const { return false; }
  /// What a feature of queries and keys becomes before they meet.
  virtual double feature(double x) const { return x; }
  /// What two features add to a score in place of their product, or nothing.
  virtual std::optional<double> term(double, double) const { return std::nullopt; }
  /// Whether a logit of each head joins the normaliser, and which.
  virtual bool hasSink() const { return false; }
  virtual double sink(int64_t) const { return 0; }
  /// Whether it may make more of a score's error than of the score: its slope times the size of what the score adds up
  /// counts as a score then.
  virtual bool isSteep() const { return false; }
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

/// queries, keys → scores.
class Source : public Op {
public:
  /// `scale` is " scale %scale", or "" where there is none.
  virtual std::string text(const std::string &query, const std::string &key, const std::string &scale,
                           const std::string &queryType, const std::string &keyType, const Geometry &) const = 0;
  /// Whether scores are one product of queries and keys.
  virtual bool isProduct() const { return false; }
  /// What each feature of a query and a key adds to a score; `terms` has their number.
  virtual void meet(const double *query, const double *key, std::vector<double> &terms) const {
    for (size_t f = 0; f < terms.size(); ++f)
      terms[f] = query[f] * key[f];
  }
  /// What other parts of queries and keys add to the terms of a pair.
  virtual void addParts(const Pair &, std::vector<double> &) const {}
  /// The score of two rows of features; `terms` are what their features add, by their product or by what stands for it.
  virtual double score(const Geometry &, std::optional<double> scale, const std::vector<double> &terms) const = 0;
  /// What f32 may add to weights of these scores: the specification's 2e-6, more where functions are approximated
  /// before they are summed.
  virtual double rounding() const { return 2e-6; }
};

/// scores, values → output. A row of scores becomes one of weights that are normalised already.
class Closing : public Op {
public:
  explicit Closing(std::string mnemonic) : mnemonic(std::move(mnemonic)) {}

  /// `attn.<mnemonic> %scores, %value in %sequences`; types follow.
  std::string text(const std::string &scores, const std::string &value) const {
    return "attn." + mnemonic + " " + scores + ", " + value + operands() + " in %sequences";
  }
  virtual std::string operands() const { return ""; }
  virtual bool hasLse() const { return false; }
  /// Whether weights are proportional to scores. What cancels inside a score is then no error of the weight.
  virtual bool isLinear() const { return false; }
  /// Whether weights are divided by their sum, of what fades too.
  virtual bool isSum() const { return false; }
  /// The admitted keys' scores of one row become weights; `keys` is S_n. Returns the log-sum-exp, if there is one.
  virtual double weigh(std::vector<double> &scores, std::optional<double> sink, int64_t keys) const = 0;

protected:
  const std::string mnemonic;
};

/// Weights are the scores, divided by their sum (`sum`) or by nothing (`none`).
class LinearClosing : public Closing {
public:
  using Closing::Closing;
  bool isLinear() const override { return true; }
  bool isSum() const override { return mnemonic == "sum"; }
  double weigh(std::vector<double> &scores, std::optional<double> sink, int64_t keys) const override;
};

/// oracle/DotProduct.cpp, oracle/Softmax.cpp: what a chain begins and ends with unless it says otherwise.
std::shared_ptr<Source> dotProduct();
std::shared_ptr<Closing> softmax();

class FeatureMap;

/// What the function under test gives: the output, or the weights behind it, of each head or their mean.
enum class Result { output, weights, meanWeights };

/// A chain from queries and keys to the output.
struct Chain {
  /// Stands for the dot product and the softmax, or null.
  std::shared_ptr<FeatureMap> featureMap;
  std::shared_ptr<Operand> operand;
  std::shared_ptr<Source> source = dotProduct();
  std::optional<double> scale;
  bool scaleIsArgument = false; ///< else it is a constant of the module
  std::vector<std::shared_ptr<Modifier>> modifiers;
  std::shared_ptr<Closing> closing = softmax();
  bool lse = true;                       ///< where the closing op has one
  std::optional<attn_type_t> outputType; ///< where it is not that of the queries
  Result result = Result::output;
  bool valueIsKey = false; ///< the keys close the chain as values, too

  std::vector<Op *> ops() const;
  bool hasLse() const { return lse && closing->hasLse(); }
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
  bool fewLengths = false;    ///< the short list with --full, too: one of many cases of its kind
  bool roundsWeights = false; ///< to 16 bits before they meet the values, as GPUs do
};

/// What a call should give; each error is measured in units of `weight`, see `tolerance`.
struct Expected {
  std::vector<double> output, weight, lse;
  /// The parts of the state that is left, and what their errors are measured in.
  std::vector<std::vector<double>> finals, finalWeights;
  double largestScore = 0;
  double largestFading = 0; ///< sum of gates, of weights that f32 holds
  double slack = 1;         ///< how many times the tolerance is allowed
};

Expected evaluate(const Case &, const Problem &);

/// Weights in place of the output (Weights.cpp): their sizes, what they should be, and whether rows of a softmax add up
/// to 1.
std::vector<int64_t> weightsSizes(const Case &, const Problem &);
Expected evaluateWeights(Case, const Problem &);
std::optional<std::string> checkSums(const Case &, const Problem &, const Array &weights);

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
/// The title, and all that is fixed when the case is compiled.
std::string nameOf(const Case &);

/// The variants of models/variants/text, see TextVariant.h.
void casesOfText(Cases &);
/// Cases of the seeds from `first` on: random regions alone, and chains of several ops on a random shape.
void randomCases(Cases &, uint64_t first, uint64_t count);
void randomChains(Cases &, uint64_t first, uint64_t count);

/// Types, widths (e ≠ d for every other one), groups of 1, 3 and 8 heads, each without a mask, with a boolean one and
/// with lengths and rows that have no key: all of them, or a sample.
void gridOfMasks(Cases &, bool whole);
/// The variants of `again`, each title once, on shapes of the grid: one width a round. The cases must be made anew for
/// each round, because their ops keep what they have drawn.
void gridOfVariants(Cases &, const Cases &again, size_t round);
constexpr size_t gridRounds = 6;

/// Weights in place of the output of cases, a sample or all whose queries are not packed, without states. The cases
/// must be made anew for it.
Cases weightsOf(Cases again, bool whole);

/// The cases as the kernels of a GPU architecture (`sm_80`, …) carry them: with the nearest types and widths that they
/// take, those that become equal once, and without those that need other kernels than attention.
Cases carriedBy(const std::string &architecture, const Cases &);

/// The case with another beginning, or another end.
template <typename T, typename... Arguments> Case begunBy(Case test, Arguments &&...arguments) {
  test.chain.source = std::make_shared<T>(std::forward<Arguments>(arguments)...);
  return test;
}
template <typename T, typename... Arguments> Case closedBy(Case test, Arguments &&...arguments) {
  test.chain.closing = std::make_shared<T>(std::forward<Arguments>(arguments)...);
  return test;
}

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
std::shared_ptr<Modifier> dropout();
/// Gates of each key and key head. Weights have to be linear, and the mask causal.
std::shared_ptr<Modifier> decay(Layout layout);
/// Regions of a variant written as text, drawn from the seed, with two run-time parameters.
std::shared_ptr<Modifier> randomRegions(uint64_t seed, bool withScore, bool withMask);
/// Pairs of neighbours, base 10000.
std::shared_ptr<Operand> rotary();

} // namespace attn::numerics

#endif // ATTN_TEST_NUMERICS_ORACLE_H
