//===- Alibi.cpp - s − m · |i − j|, by its formula ---===//

#include "test/numerics/Oracle.h"

#include <cmath>

namespace attn::numerics {

namespace {

class Alibi : public Modifier {
public:
  explicit Alibi(bool operand) : operand(operand) {}

  std::vector<Argument> arguments(const Geometry &geometry) const override {
    if (!operand)
      return {};
    std::string heads = std::to_string(geometry.heads);
    return {{"slopes", "tensor<" + heads + "xf32>", {heads}}};
  }

  std::vector<Array> draw(const Problem &problem, Random &random) override {
    int64_t heads = problem.geometry.heads;
    if (!operand) {
      slopes = generated(heads);
      return {};
    }
    Array values(ATTN_F32, {heads});
    slopes.clear();
    for (int64_t h = 0; h < heads; ++h) {
      values.set(h, random.uniform(0, 0.5));
      slopes.push_back(values.at(h));
    }
    return {values};
  }

  std::string text(const std::string &in, const std::string &out, const Geometry &geometry) const override {
    std::string result = out + " = attn.alibi " + in;
    return operand ? result + " slopes %slopes : " + arguments(geometry).front().type : result;
  }

  double score(double s, const Pair &pair) const override {
    return s - slopes[pair.h] * std::fabs(static_cast<double>(pair.i - pair.j));
  }

  /// m_h = 2^(−8h/H) for H a power of two; else those of the largest power P < H, then every second one of 2P.
  static std::vector<double> generated(int64_t heads) {
    auto series = [](int64_t of) {
      std::vector<double> result;
      for (int64_t h = 1; h <= of; ++h)
        result.push_back(std::pow(2.0, -8.0 * static_cast<double>(h) / static_cast<double>(of)));
      return result;
    };
    int64_t power = 1;
    while (2 * power <= heads)
      power *= 2;
    std::vector<double> result = series(power), next = series(2 * power);
    for (size_t h = 0; static_cast<int64_t>(result.size()) < heads; h += 2)
      result.push_back(next[h]);
    return result;
  }

private:
  bool operand;
  std::vector<double> slopes;
};

} // namespace

std::shared_ptr<Modifier> alibi() { return modify<Alibi>(false); }

void casesOfAlibi(Cases &cases) {
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    cases.push_back(makeCase("alibi", plain(type), Layout::ragged, Start::bottomRight, {alibi()}));
  // Heads that are no power of two.
  Geometry nine = {9, 3, 64, 64, ATTN_F32, ATTN_F32};
  cases.push_back(makeCase("alibi causal", nine, Layout::dense, Start::bottomRight, {alibi(), causal()}));
  cases.push_back(makeCase("alibi slopes", plain(), Layout::packed, Start::value, {modify<Alibi>(true)}));
}

} // namespace attn::numerics
