//===- FeatureMap.h - weights that are products of features, in double -*- C++ -*-===//
//
// Source, gates, closing and state of the feature-map family as one op of a chain, since its formula needs all of them:
// w_ij = (scale · φ(q_i) · φ(k_j))^p · e^(gates of j+1..i), over all pairs. An initial state is made of keys that came
// before the call, by the expansion; the formula sees those keys as keys, so that every case with a state proves that
// going on equals not having stopped.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_NUMERICS_FEATUREMAP_H
#define ATTN_TEST_NUMERICS_FEATUREMAP_H

#include "test/numerics/Oracle.h"

namespace attn::numerics {

/// What fixes a member of the family.
struct FeatureMapForm {
  enum class Gates { none, fixed, data };

  /// linear over the sum and 1e-6; power over the sum, where it has one; retention as it is.
  static FeatureMapForm linear();
  static FeatureMapForm power(int64_t degree);
  static FeatureMapForm retention(Gates gates);

  std::string source;
  std::string closing = "none"; ///< or sum
  std::string feature;          ///< of linear; elu1 where empty
  int64_t degree = 1;           ///< of power
  std::optional<double> epsilon;
  Gates gates = Gates::none;
  std::optional<double> fixedGate; ///< of every head; else those of retention
  std::optional<double> scale;     ///< of power
  bool forgets = true;             ///< some gates leave nothing of what was before
  bool hasState = false;           ///< keys before the call, and a state after it
  std::string form;                ///< quadratic, chunked, recurrent; chosen where empty
};

class FeatureMap : public Op {
public:
  explicit FeatureMap(FeatureMapForm form) : form(std::move(form)) {}

  std::vector<Argument> arguments(const Geometry &) const override;
  std::vector<Array> draw(const Problem &, Random &) override;

  std::string sourceText(const std::string &query, const std::string &key, const std::string &types,
                         const Geometry &) const;
  std::string closingText(const std::string &scores, const std::string &valueType, const std::string &outputType,
                          const Geometry &) const;
  /// Numbers of a state at these widths.
  int64_t stateSize(const Geometry &) const;
  /// Types of the state's parts; none where there is no state.
  std::vector<std::string> stateTypes(const Geometry &) const;
  std::vector<Array> stateResults(const Problem &) const;

  void evaluate(const Case &, const Problem &, Expected &) const;

private:
  using Row = std::vector<double>;
  /// φ, feature by feature.
  Row mapped(const Array &, int64_t at, int64_t width) const;
  /// The sum of the gates of positions j+1..i.
  double fading(const Problem &, int64_t n, int64_t keyHead, int64_t j, int64_t i) const;
  double pastValue(const Problem &, int64_t at, int64_t e) const;
  double scale(const Geometry &) const;
  int64_t power() const { return form.source == "power" ? form.degree : 1; }
  bool isSum() const { return form.closing == "sum"; }
  void evaluateRow(const Case &, const Problem &, int64_t n, int64_t h, int64_t row, Expected &) const;
  void evaluateState(const Case &, const Problem &, int64_t n, int64_t keyHead, Expected &) const;

  const FeatureMapForm form;
  // Of one call: gates; and keys, values and gates of earlier ones, (n, past, key head, …).
  static constexpr int64_t past = 5;
  Array gates, pastKeys, pastValues, pastGates;
};

/// A case of the family.
Case makeCase(const std::string &title, const Geometry &, Layout, Start, FeatureMapForm form, Modifiers modifiers = {});

/// oracle/Linear.cpp: φ of one feature.
double linearFeature(const std::string &name, double x);
/// oracle/Power.cpp: one product for each i₁ ≤ … ≤ i_p in lexicographic order, times p!/∏ n_v! where `isKey`.
std::vector<double> expandPower(const std::vector<double> &x, int64_t degree, bool isKey);
/// oracle/Sum.cpp: what weights are divided by, and 0 for a sum of 0.
double inverseOfSum(double sum, double epsilon);

} // namespace attn::numerics

#endif // ATTN_TEST_NUMERICS_FEATUREMAP_H
