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
  // Beside what looks at pairs there is no state.
  FeatureMapForm pairs = FeatureMapForm::linear();
  pairs.gates = FeatureMapForm::Gates::data;
  cases.push_back(
      makeCase("decay window", grouped, Layout::ragged, Start::bottomRight, pairs, {causal(), slidingWindow()}));
  cases.push_back(
      makeCase("decay mask of pairs", half, Layout::ragged, Start::value, pairs, {causal(), masked("n t s")}));
  cases.push_back(makeCase("decay mask of heads", grouped, Layout::dense, Start::topLeft, pairs,
                           {causal(), masked("n h t s"), slidingWindow()}));
  pairs.source = "power", pairs.degree = 2, pairs.forgets = false;
  cases.push_back(makeCase("decay softcap", grouped, Layout::ragged, Start::value, pairs, {causal(), softcap()}));
  pairs.closing = "none", pairs.epsilon.reset();
  cases.push_back(makeCase("decay clamp window", half, Layout::ragged, Start::bottomRight, pairs,
                           {clamp(), causal(), slidingWindow()}));
}

} // namespace attn::numerics
