//===- Retention.cpp - scale · q · k that decays, by its formula ---===//

#include "test/numerics/FeatureMap.h"

namespace attn::numerics {

void casesOfRetention(Cases &cases) {
  FeatureMapForm form = FeatureMapForm::retention(FeatureMapForm::Gates::fixed);
  for (const Geometry &geometry : geometries())
    cases.push_back(makeCase("retention causal", geometry, Layout::ragged, Start::bottomRight, form, {causal()}));
  for (const char *chosen : {"quadratic", "chunked", "recurrent"}) {
    form.form = chosen;
    cases.push_back(makeCase("retention causal", plain(), Layout::ragged, Start::value, form, {causal()}));
  }
  form.form = "";
  for (Layout layout : {Layout::dense, Layout::packed})
    cases.push_back(makeCase("retention causal", plain(), layout, Start::value, form, {causal()}));
}

} // namespace attn::numerics
