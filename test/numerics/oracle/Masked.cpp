//===- Masked.cpp - a boolean tensor admits pairs, by its axes ---===//

#include "test/numerics/AxisTable.h"

namespace attn::numerics {

namespace {

/// True is attend.
class Masked : public Modifier {
public:
  explicit Masked(std::string axes) : mask("mask", std::move(axes), ATTN_I1) {}

  std::vector<Argument> arguments(const Geometry &geometry) const override { return {mask.argument(geometry)}; }
  std::vector<Array> draw(const Problem &problem, Random &random) override {
    double density = random.chance(0.3) ? 0.02 : 0.5; // Rows without any key are among them.
    return {mask.draw(problem, [&] { return random.chance(density); })};
  }
  std::string text(const std::string &in, const std::string &out, const Geometry &geometry) const override {
    return out + " = attn.masked " + in + " by %mask axes \"" + mask.axes + "\" : " + mask.argument(geometry).type;
  }
  bool admits(const Pair &pair) const override { return mask.at(pair) != 0; }

private:
  AxisTable mask;
};

} // namespace

std::shared_ptr<Modifier> masked(const std::string &axes) { return modify<Masked>(axes); }

void casesOfMasked(Cases &cases) {
  for (const char *axes : {"t s", "n s", "n t s", "n h t s", "h s"})
    cases.push_back(
        makeCase(std::string("masked (") + axes + ")", plain(), Layout::ragged, Start::bottomRight, {masked(axes)}));
  for (attn_type_t type : {ATTN_BF16, ATTN_F16})
    cases.push_back(makeCase("masked causal", plain(type), Layout::dense, Start::value, {masked("n h t s"), causal()}));
  cases.push_back(makeCase("masked", plain(), Layout::packed, Start::bottomRight, {masked("n t s")}));
}

} // namespace attn::numerics
