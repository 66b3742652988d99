//===- Decay.cpp - e^(gates of j+1..i), by its formula ---===//
//
// Beside features, with their states, the formula is FeatureMap::fading.
//
//===----------------------------------------------------------------------===//

#include "test/numerics/FeatureMap.h"

#include <algorithm>
#include <cmath>

namespace attn::numerics {

namespace {

class Decay : public Modifier {
public:
  explicit Decay(Layout layout) : isPacked(layout == Layout::packed) {}

  std::vector<Argument> arguments(const Geometry &g) const override {
    std::string heads = std::to_string(g.keyHeads), type = (isPacked ? "tensor<?x" : "tensor<?x?x") + heads + "xf32>";
    if (isPacked)
      return {{"gates", type, {"S", heads}}};
    return {{"gates", type, {"B", "S", heads}}};
  }
  /// Each call's lengths are kept, too: behind the last key nothing fades.
  std::vector<Array> draw(const Problem &problem, Random &random) override {
    geometry = problem.geometry, keyLengths = problem.keyLengths, keyOffsets = problem.keyOffsets;
    rows = problem.keys;
    gates = isPacked ? Array(ATTN_F32, {rows, geometry.keyHeads})
                     : Array(ATTN_F32, {problem.batch, rows, geometry.keyHeads});
    for (int64_t at = 0; at < gates.count(); ++at)
      gates.set(at, random.chance(0.1) ? 0 : -std::fabs(random.normal()) / 4);
    return {gates};
  }
  std::string text(const std::string &in, const std::string &out, const Geometry &g) const override {
    return out + " = attn.decay " + in + " by %gates : " + arguments(g).front().type;
  }
  double fading(const Pair &pair) const override {
    double sum = 0;
    for (int64_t position = std::max<int64_t>(pair.j + 1, 0); position <= pair.i && position < keyLengths[pair.n];
         ++position) {
      int64_t row = isPacked ? keyOffsets[pair.n] + position : pair.n * rows + position;
      sum += gates.at(row * geometry.keyHeads + geometry.keyHead(pair.h));
    }
    return sum;
  }

  bool hasGates() const override { return true; }

private:
  const bool isPacked;
  Geometry geometry;
  std::vector<int32_t> keyLengths, keyOffsets;
  int64_t rows = 0;
  Array gates;
};

} // namespace

std::shared_ptr<Modifier> decay(Layout layout) { return modify<Decay>(layout); }

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
    cases.push_back(
        makeCase("decay power 2 masked", grouped, Layout::dense, Start::topLeft, form, {causal(), masked("n s")}));
    form.hasState = true;
    cases.push_back(
        makeCase("decay power 2 masked", grouped, Layout::ragged, Start::value, form, {causal(), masked("n s")}));
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
  cases.push_back(makeCase("decay dropout", grouped, Layout::ragged, Start::bottomRight, pairs, {causal(), dropout()}));
  pairs.source = "power", pairs.degree = 2, pairs.forgets = false;
  cases.push_back(makeCase("decay softcap", grouped, Layout::ragged, Start::value, pairs, {causal(), softcap()}));
  pairs.closing = "none", pairs.epsilon.reset();
  cases.push_back(makeCase("decay clamp window", half, Layout::ragged, Start::bottomRight, pairs,
                           {clamp(), causal(), slidingWindow()}));
  cases.push_back(makeCase("decay window dropout", half, Layout::dense, Start::value, pairs,
                           {slidingWindow(), dropout(), causal()}));

  // Values of more heads than keys, and of fewer.
  Geometry moreValues{12, 2, 24, 40, ATTN_F32, ATTN_F32, 6}, fewerValues{12, 4, 16, 20, ATTN_BF16, ATTN_BF16, 2};
  for (Layout layout : {Layout::ragged, Layout::packed})
    for (const Geometry &geometry : {moreValues, fewerValues})
      cases.push_back(closedBy<LinearClosing>(
          makeCase("decay other heads", geometry, layout, Start::bottomRight, {decay(layout), causal()}), "none"));
}

} // namespace attn::numerics
