//===- Additive.cpp - Σ u · tanh(q + k) + b, by its formula ---===//

#include "test/numerics/Oracle.h"

#include <cmath>
#include <numeric>

namespace attn::numerics {

namespace {

class Additive : public Source {
public:
  Additive(attn_type_t type, bool hasBias) : type(type), hasBias(hasBias) {}
  double rounding() const override { return 4e-6; } // tanh is approximated to 2⁻²².

  std::vector<Argument> arguments(const Geometry &geometry) const override {
    std::string width = std::to_string(geometry.width);
    std::vector<Argument> result = {{"weights", "tensor<" + width + "x" + typeName(type) + ">", {width}}};
    if (hasBias)
      result.push_back({"bias", "f32", {}});
    return result;
  }
  std::vector<Array> draw(const Problem &problem, Random &random) override {
    weights = Array(type, {problem.geometry.width});
    for (int64_t f = 0; f < weights.count(); ++f)
      weights.set(f, random.normal());
    std::vector<Array> result = {weights};
    if (hasBias) {
      result.push_back(Array::scalar(ATTN_F32, 2 * random.normal()));
      bias = result.back().at(0);
    }
    return result;
  }
  std::string text(const std::string &query, const std::string &key, const std::string &, const std::string &queryType,
                   const std::string &keyType, const Geometry &geometry) const override {
    return "attn.additive " + query + ", " + key + " by %weights" + (hasBias ? " bias %bias" : "") + " : " + queryType +
           ", " + keyType + ", " + arguments(geometry).front().type;
  }
  void meet(const double *query, const double *key, std::vector<double> &terms) const override {
    for (size_t f = 0; f < terms.size(); ++f)
      terms[f] = weights.at(static_cast<int64_t>(f)) * std::tanh(query[f] + key[f]);
  }
  double score(const Geometry &, std::optional<double>, const std::vector<double> &terms) const override {
    return std::accumulate(terms.begin(), terms.end(), bias);
  }

private:
  attn_type_t type;
  bool hasBias;
  Array weights;
  double bias = 0;
};

} // namespace

void casesOfAdditive(Cases &cases) {
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    cases.push_back(
        begunBy<Additive>(makeCase("additive", plain(type), Layout::ragged, Start::bottomRight), type, false));
  // Widths that fill no register: the term of features that there are not is no 0.
  cases.push_back(begunBy<Additive>(
      makeCase("additive bias causal", {6, 2, 20, 24, ATTN_F32, ATTN_F32}, Layout::packed, Start::value, {causal()}),
      ATTN_F32, true));
  cases.push_back(begunBy<Additive>(
      makeCase("additive alibi", {8, 1, 40, 64, ATTN_F32, ATTN_F32}, Layout::dense, Start::topLeft, {alibi()}),
      ATTN_F32, false));
  cases.back().everyEdge = true;
  cases.push_back(begunBy<Additive>(
      closedBy<LinearClosing>(makeCase("decay additive", {6, 2, 20, 24, ATTN_F32, ATTN_F32}, Layout::ragged,
                                       Start::bottomRight, {causal(), decay(Layout::ragged), slidingWindow()}),
                              "none"),
      ATTN_F32, true));
}

} // namespace attn::numerics
