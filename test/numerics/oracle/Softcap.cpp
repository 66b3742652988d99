//===- Softcap.cpp - c · tanh(s / c), by its formula ---===//

#include "test/numerics/Oracle.h"

#include <cmath>

namespace attn::numerics {

namespace {

/// −∞ stays: what an addition took out is no score.
class Softcap : public NumberModifier {
public:
  explicit Softcap(Number cap) : NumberModifier("softcap", "at", std::move(cap)) {}

  double score(double s, const Pair &) const override {
    return s == -HUGE_VAL ? s : number.value * std::tanh(s / number.value);
  }
};

} // namespace

std::shared_ptr<Modifier> softcap() {
  return modify<Softcap>(Number{"cap", ATTN_F32, 0, {0.5, 1.3, 2.5, 7.9, 15, 30}});
}

void casesOfSoftcap(Cases &cases) {
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    cases.push_back(makeCase("softcap", plain(type), Layout::ragged, Start::bottomRight, {softcap()}));
  cases.push_back(
      makeCase("softcap 2.5", plain(), Layout::dense, Start::topLeft, {modify<Softcap>(Number{"cap", ATTN_F32, 2.5})}));
  cases.push_back(makeCase("softcap causal", plain(), Layout::packed, Start::bottomRight, {softcap(), causal()}));
}

} // namespace attn::numerics
