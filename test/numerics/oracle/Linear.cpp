//===- Linear.cpp - φ(q) · φ(k), by its formula ---===//

#include "test/numerics/FeatureMap.h"

#include <cmath>

namespace attn::numerics {

double linearFeature(const std::string &name, double x) {
  if (name == "identity")
    return x;
  if (name == "exp")
    return std::exp(x);
  if (name == "relu")
    return x > 0 ? x : 0;
  return x > 0 ? x + 1 : std::exp(x); // elu(x) + 1
}

void casesOfLinear(Cases &cases) {
  FeatureMapForm form = FeatureMapForm::linear();
  for (const Geometry &geometry : geometries())
    cases.push_back(makeCase("linear causal", geometry, Layout::ragged, Start::bottomRight, form, {causal()}));
  for (const char *feature : {"relu", "identity", "exp"}) {
    FeatureMapForm other = FeatureMapForm::linear();
    other.closing = "none", other.epsilon.reset();
    other.feature = feature;
    cases.push_back(makeCase(std::string("linear ") + feature, plain(), Layout::dense, Start::topLeft, other));
  }
  for (const char *chosen : {"chunked", "quadratic"}) {
    form.form = chosen;
    // Every query meets every key, those that a mask hides aside.
    cases.push_back(makeCase("linear", {4, 2, 20, 24, ATTN_F32, ATTN_F32}, Layout::ragged, Start::bottomRight, form));
    cases.push_back(makeCase("linear masked", plain(), Layout::dense, Start::bottomRight, form, {masked("n s")}));
    cases.push_back(
        makeCase("linear masked causal", plain(), Layout::packed, Start::topLeft, form, {masked("n s"), causal()}));
  }
}

} // namespace attn::numerics
