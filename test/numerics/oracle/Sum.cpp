//===- Sum.cpp - weights over their sum, by its formula ---===//

#include "test/numerics/FeatureMap.h"

namespace attn::numerics {

double inverseOfSum(double sum, double epsilon) { return sum + epsilon == 0 ? 0 : 1 / (sum + epsilon); }

void casesOfSum(Cases &cases) {
  using Gates = FeatureMapForm::Gates;
  Geometry grouped{6, 2, 24, 40, ATTN_F32, ATTN_F32}, fours{2, 1, 5, 16, ATTN_F32, ATTN_F32};
  for (const char *chosen : {"quadratic", "chunked", "chunked 7", "chunked 96", "recurrent", ""})
    for (Gates gates : {Gates::none, Gates::data}) {
      std::string title = gates == Gates::data ? "sum gated " : "sum ";
      FeatureMapForm form = FeatureMapForm::linear();
      form.gates = gates;
      form.hasState = true;
      form.form = chosen;
      cases.push_back(makeCase(title + "linear", grouped, Layout::ragged, Start::topLeft, form, {causal()}));
      form.source = "power", form.degree = 2, form.epsilon.reset();
      cases.push_back(makeCase(title + "power 2", grouped, Layout::dense, Start::topLeft, form, {causal()}));
      form.degree = 4;
      cases.push_back(makeCase(title + "power 4", fours, Layout::ragged, Start::value, form, {causal()}));
    }
  FeatureMapForm form = FeatureMapForm::linear();
  form.hasState = true;
  cases.push_back(makeCase("sum linear all", plain(ATTN_BF16), Layout::ragged, Start::bottomRight, form));
  for (const char *chosen : {"quadratic", "chunked", "recurrent"}) {
    form.form = chosen;
    cases.push_back(makeCase("sum linear all", grouped, Layout::ragged, Start::bottomRight, form));
  }
  form.hasState = false;
  cases.push_back(makeCase("sum linear all", grouped, Layout::packed, Start::topLeft, form));
  form.hasState = true, form.form = "";
  cases.push_back(
      makeCase("sum linear masked", plain(), Layout::dense, Start::topLeft, form, {masked("n s"), causal()}));
}

} // namespace attn::numerics
