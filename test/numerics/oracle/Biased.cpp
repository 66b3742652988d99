//===- Biased.cpp - s + bias, by its axes ---===//

#include "test/numerics/AxisTable.h"

#include <cmath>

namespace attn::numerics {

namespace {

/// −∞ takes a pair out.
class Biased : public Modifier {
public:
  Biased(std::string axes, attn_type_t type) : bias("bias", std::move(axes), type) {}

  std::vector<Argument> arguments(const Geometry &geometry) const override { return {bias.argument(geometry)}; }
  std::vector<Array> draw(const Problem &problem, Random &random) override {
    // None, some, and so many that rows are left without a key.
    static const double densities[] = {0, 0.3, 0.97};
    double density = densities[random.integer(0, 2)];
    return {bias.draw(problem, [&] { return random.chance(density) ? -HUGE_VAL : 2 * random.normal(); })};
  }
  std::string text(const std::string &in, const std::string &out, const Geometry &geometry) const override {
    return out + " = attn.biased " + in + " by %bias axes \"" + bias.axes + "\" : " + bias.argument(geometry).type;
  }
  double score(double s, const Pair &pair) const override { return s + bias.at(pair); }

private:
  AxisTable bias;
};

} // namespace

std::shared_ptr<Modifier> biased(const std::string &axes, attn_type_t type) { return modify<Biased>(axes, type); }

void casesOfBiased(Cases &cases) {
  for (const char *axes : {"t s", "n s", "n t s", "n h t s", "h s", "n t"})
    cases.push_back(makeCase(std::string("biased (") + axes + ")", plain(), Layout::ragged, Start::bottomRight,
                             {biased(axes, ATTN_F32)}));
  for (attn_type_t type : {ATTN_BF16, ATTN_F16})
    cases.push_back(
        makeCase("biased causal", plain(type), Layout::dense, Start::value, {biased("h t s", type), causal()}));
  cases.push_back(makeCase("biased", plain(), Layout::packed, Start::bottomRight, {biased("n t s", ATTN_BF16)}));
  // What a bias took out, no bound brings back.
  cases.push_back(
      makeCase("biased softcap", plain(), Layout::ragged, Start::topLeft, {biased("n t s", ATTN_F32), softcap()}));
  cases.push_back(makeCase("biased clamp masked", plain(), Layout::dense, Start::topLeft,
                           {biased("t s", ATTN_F32), clamp(), masked("n s")}));
}

} // namespace attn::numerics
