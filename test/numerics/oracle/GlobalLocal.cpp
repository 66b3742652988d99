//===- GlobalLocal.cpp - |i − j| ≤ ⌊w / 2⌋ or i global or j global, by its formula ---===//

#include "test/numerics/AxisTable.h"

#include <cmath>

namespace attn::numerics {

namespace {

class GlobalLocal : public Modifier {
public:
  explicit GlobalLocal(Number window) : window(std::move(window)) {}

  std::vector<Argument> arguments(const Geometry &geometry) const override {
    std::vector<Argument> result = window.arguments();
    result.push_back(queries.argument(geometry));
    result.push_back(keys.argument(geometry));
    return result;
  }
  std::vector<Array> draw(const Problem &problem, Random &random) override {
    static const double densities[] = {0, 0.05, 0.5, 1}; // None and all among them.
    std::vector<Array> result = window.draw(random);
    for (AxisTable *table : {&queries, &keys}) {
      double density = densities[random.integer(0, 3)];
      result.push_back(table->draw(problem, [&] { return random.chance(density); }));
    }
    return result;
  }
  std::string text(const std::string &in, const std::string &out, const Geometry &geometry) const override {
    return window.definition() + out + " = attn.global_local " + in + " window %" + window.name + " queries %" +
           queries.name + " keys %" + keys.name + " : " + queries.argument(geometry).type + ", " +
           keys.argument(geometry).type;
  }
  bool admits(const Pair &pair) const override {
    double reach = std::floor(window.value / 2);
    return std::fabs(static_cast<double>(pair.i - pair.j)) <= reach || queries.at(pair) != 0 || keys.at(pair) != 0;
  }

private:
  Number window;
  AxisTable queries{"global_queries", "n t", ATTN_I1}, keys{"global_keys", "n s", ATTN_I1};
};

} // namespace

void casesOfGlobalLocal(Cases &cases) {
  Number drawn{"around", ATTN_I32, 0, {1, 2, 17, 64, 129, 1000, 0, -2}};
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    cases.push_back(
        makeCase("global_local", plain(type), Layout::ragged, Start::bottomRight, {modify<GlobalLocal>(drawn)}));
  cases.push_back(makeCase("global_local", plain(), Layout::packed, Start::value, {modify<GlobalLocal>(drawn)}));
  cases.push_back(makeCase("global_local 160", plain(), Layout::dense, Start::topLeft,
                           {modify<GlobalLocal>(Number{"around", ATTN_I32, 160})}));
  cases.push_back(makeCase("global_local causal", {6, 2, 64, 64, ATTN_F32, ATTN_BF16}, Layout::ragged, Start::value,
                           {modify<GlobalLocal>(drawn), causal()}));
}

} // namespace attn::numerics
