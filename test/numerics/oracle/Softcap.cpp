//===- Softcap.cpp - c · tanh(s / c), by its formula ---===//

#include "test/numerics/Oracle.h"

#include <cmath>

namespace attn::numerics {

namespace {

class Softcap : public Modifier {
public:
  explicit Softcap(bool runtime) : runtime(runtime) {}

  std::vector<Argument> arguments(const Geometry &) const override {
    if (runtime)
      return {{"cap", "f32", {}}};
    return {};
  }

  std::vector<Array> draw(const Problem &, Random &random) override {
    if (!runtime)
      return {};
    Array value = Array::scalar(ATTN_F32, random.uniform(0.5, 30));
    cap = value.at(0);
    return {value};
  }

  std::string text(const std::string &in, const std::string &out, const Geometry &) const override {
    return (runtime ? "" : "%cap = arith.constant 2.5 : f32\n  ") + out + " = attn.softcap " + in + " at %cap";
  }

  double score(double s, const Pair &) const override { return cap * std::tanh(s / cap); }

private:
  bool runtime;
  double cap = 2.5;
};

} // namespace

std::shared_ptr<Modifier> softcap() { return modify<Softcap>(true); }

void casesOfSoftcap(Cases &cases) {
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    cases.push_back(makeCase("softcap", plain(type), Layout::ragged, Start::bottomRight, {softcap()}));
  cases.push_back(makeCase("softcap 2.5", plain(), Layout::dense, Start::topLeft, {modify<Softcap>(false)}));
  cases.push_back(makeCase("softcap causal", plain(), Layout::packed, Start::bottomRight, {softcap(), causal()}));
}

} // namespace attn::numerics
