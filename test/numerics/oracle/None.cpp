//===- None.cpp - weights as they are: the formula without a divisor ---===//

#include "test/numerics/FeatureMap.h"

namespace attn::numerics {

void casesOfNone(Cases &cases) {
  using Gates = FeatureMapForm::Gates;
  Geometry grouped{6, 2, 24, 40, ATTN_F32, ATTN_F32};
  for (const char *chosen : {"quadratic", "chunked", "chunked 7", "chunked 96", "recurrent", ""})
    for (Gates gates : {Gates::none, Gates::fixed, Gates::data}) {
      static const char *const names[] = {"none ", "none fixed ", "none gated "};
      std::string title = names[static_cast<int>(gates)];
      FeatureMapForm form = FeatureMapForm::retention(gates);
      form.hasState = true;
      form.form = chosen;
      Layout layout = gates == Gates::data ? Layout::ragged : Layout::packed;
      cases.push_back(makeCase(title + "retention", grouped, layout, Start::value, form, {causal()}));
      form.source = "power", form.degree = 2;
      cases.push_back(makeCase(title + "power 2", grouped, Layout::ragged, Start::topLeft, form, {causal()}));
    }
}

} // namespace attn::numerics
