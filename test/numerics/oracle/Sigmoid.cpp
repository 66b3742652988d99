//===- Sigmoid.cpp - σ(s + b), by its formula ---===//

#include "test/numerics/Oracle.h"

#include <cmath>

namespace attn::numerics {

namespace {

class Sigmoid : public Closing {
public:
  /// Without a bias: −log of the sequence's keys.
  explicit Sigmoid(std::optional<Number> bias = {}) : Closing("sigmoid"), bias(std::move(bias)) {}

  std::string operands() const override { return bias ? " bias %" + bias->name : ""; }
  std::vector<Argument> arguments(const Geometry &) const override {
    return bias ? bias->arguments() : std::vector<Argument>();
  }
  std::vector<Array> draw(const Problem &, Random &random) override {
    return bias ? bias->draw(random) : std::vector<Array>();
  }
  double weigh(std::vector<double> &scores, std::optional<double>, int64_t keys) const override {
    double b = bias ? bias->value : -std::log(static_cast<double>(keys));
    for (double &s : scores)
      s = 1 / (1 + std::exp(-(s + b)));
    return -HUGE_VAL;
  }

private:
  std::optional<Number> bias;
};

} // namespace

void casesOfSigmoid(Cases &cases) {
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    cases.push_back(closedBy<Sigmoid>(makeCase("sigmoid", plain(type), Layout::ragged, Start::bottomRight)));
  cases.push_back(
      closedBy<Sigmoid>(makeCase("sigmoid causal", plain(), Layout::dense, Start::bottomRight, {causal()})));
  cases.back().everyEdge = true;
  cases.push_back(closedBy<Sigmoid>(
      makeCase("sigmoid masked", {9, 3, 80, 24, ATTN_F32, ATTN_F32}, Layout::packed, Start::value, {masked("n t s")})));
  Number drawn{"b", ATTN_F32, 0, {0, -3.5, 2, -20}};
  cases.push_back(closedBy<Sigmoid>(
      makeCase("sigmoid bias", {8, 1, 64, 64, ATTN_F32, ATTN_F32}, Layout::ragged, Start::topLeft, {softcap()}),
      drawn));
  // Scores of −∞ weigh nothing.
  cases.push_back(closedBy<Sigmoid>(
      makeCase("sigmoid biased", plain(), Layout::ragged, Start::bottomRight, {biased("n t s", ATTN_F32)})));
}

} // namespace attn::numerics
