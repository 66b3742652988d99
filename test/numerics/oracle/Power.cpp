//===- Power.cpp - (scale · q · k)^p, and its expansion, by their formulas ---===//

#include "test/numerics/FeatureMap.h"

#include <functional>

namespace attn::numerics {

std::vector<double> expandPower(const std::vector<double> &x, int64_t degree, bool isKey) {
  std::vector<double> result;
  std::vector<size_t> indices;
  std::function<void(size_t)> choose = [&](size_t first) {
    if (static_cast<int64_t>(indices.size()) < degree) {
      for (size_t next = first; next < x.size(); ++next) {
        indices.push_back(next);
        choose(next);
        indices.pop_back();
      }
      return;
    }
    // p! over the factorials of how often each index stands there.
    double product = 1, orders = 1, repeats = 0;
    for (size_t place = 0; place < indices.size(); ++place) {
      product *= x[indices[place]];
      repeats = place && indices[place] == indices[place - 1] ? repeats + 1 : 1;
      orders *= static_cast<double>(place + 1) / repeats;
    }
    result.push_back(isKey ? orders * product : product);
  };
  choose(0);
  return result;
}

void casesOfPower(Cases &cases) {
  Geometry narrow{4, 2, 20, 24, ATTN_F32, ATTN_F32}, fours{3, 1, 6, 16, ATTN_F32, ATTN_F32};
  for (const char *chosen : {"quadratic", "chunked", "recurrent"}) {
    for (int64_t degree : {1, 2, 4}) {
      FeatureMapForm form = FeatureMapForm::power(degree);
      form.form = chosen;
      std::string title = "power " + std::to_string(degree) + " causal";
      Geometry geometry = degree == 4 ? fours : narrow;
      cases.push_back(makeCase(title, geometry, Layout::ragged, Start::bottomRight, form, {causal()}));
      form.closing = "none";
      geometry.type = geometry.keyType = ATTN_BF16;
      cases.push_back(makeCase(title + " none", geometry, Layout::packed, Start::topLeft, form, {causal()}));
    }
  }
  // What all weights of a row are times is divided out: scores whose powers f32 does not hold, and queries so far
  // behind the last key that every gate between leaves nothing of it.
  for (double scale : {1e-13, 1e13}) {
    FeatureMapForm form = FeatureMapForm::power(4);
    form.scale = scale;
    std::string title = scale < 1 ? "power 4 of small scores" : "power 4 of large scores";
    for (const char *chosen : {"quadratic", "chunked"}) {
      form.form = chosen;
      cases.push_back(makeCase(title, fours, Layout::ragged, Start::bottomRight, form, {causal()}));
    }
  }
  FeatureMapForm behind = FeatureMapForm::power(2);
  behind.gates = FeatureMapForm::Gates::fixed;
  behind.fixedGate = -4;
  for (const char *chosen : {"quadratic", "chunked"}) {
    behind.form = chosen;
    cases.push_back(makeCase("power 2 far behind", narrow, Layout::ragged, Start::topLeft, behind, {causal()}));
  }
  // Of any degree by pairs; where nothing is asked for, by lengths.
  cases.push_back(
      makeCase("power 3 causal", narrow, Layout::ragged, Start::topLeft, FeatureMapForm::power(3), {causal()}));
  cases.push_back(
      makeCase("power 2", plain(), Layout::dense, Start::bottomRight, FeatureMapForm::power(2), {causal()}));
}

} // namespace attn::numerics
