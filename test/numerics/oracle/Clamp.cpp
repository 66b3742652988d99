//===- Clamp.cpp - min(max(s, −c), c), by its formula ---===//

#include "test/numerics/Oracle.h"

#include <algorithm>
#include <cmath>

namespace attn::numerics {

namespace {

/// −∞ stays: what an addition took out is no score. Below 0 every score is the bound.
class Clamp : public NumberModifier {
public:
  explicit Clamp(Number bound) : NumberModifier("clamp", "at", std::move(bound)) {}

  double score(double s, const Pair &) const override {
    return s == -HUGE_VAL ? s : std::min(std::max(s, -number.value), number.value);
  }
};

} // namespace

std::shared_ptr<Modifier> clamp() {
  return modify<Clamp>(Number{"bound", ATTN_F32, 0, {0.125, 0.7, 1.5, 4, 1e4, 0, -2}});
}

void casesOfClamp(Cases &cases) {
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    cases.push_back(makeCase("clamp", plain(type), Layout::ragged, Start::bottomRight, {clamp()}));
  cases.push_back(
      makeCase("clamp 1e4", plain(), Layout::dense, Start::topLeft, {modify<Clamp>(Number{"bound", ATTN_F32, 1e4})}));
  cases.push_back(
      makeCase("clamp alibi causal", plain(), Layout::packed, Start::bottomRight, {clamp(), alibi(), causal()}));
}

} // namespace attn::numerics
