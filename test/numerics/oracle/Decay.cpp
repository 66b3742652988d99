//===- Decay.cpp - e^(gates of j+1..i), by its formula ---===//
//
// The formula is FeatureMap::fading, because gates mean something beside features only.
//
//===----------------------------------------------------------------------===//

#include "test/numerics/FeatureMap.h"

namespace attn::numerics {

void casesOfDecay(Cases &cases) {
  Geometry grouped{6, 2, 24, 40, ATTN_F32, ATTN_F32}, half{8, 1, 16, 64, ATTN_BF16, ATTN_BF16};
  for (const char *chosen : {"quadratic", "chunked", "recurrent", ""}) {
    FeatureMapForm form = FeatureMapForm::linear();
    form.gates = FeatureMapForm::Gates::data;
    form.form = chosen;
    cases.push_back(makeCase("decay linear", grouped, Layout::dense, Start::bottomRight, form, {causal()}));
    cases.push_back(makeCase("decay linear", half, Layout::ragged, Start::topLeft, form, {causal()}));
    form.source = "power", form.degree = 2, form.epsilon.reset();
    cases.push_back(makeCase("decay power 2", grouped, Layout::ragged, Start::bottomRight, form, {causal()}));
    form.forgets = false;
    cases.push_back(
        makeCase("decay power 2 masked", grouped, Layout::dense, Start::topLeft, form, {causal(), masked("n s")}));
  }
}

} // namespace attn::numerics
