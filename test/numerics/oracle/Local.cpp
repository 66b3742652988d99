//===- Local.cpp - |i − j| ≤ ⌊w / 2⌋, by its formula ---===//

#include "test/numerics/Oracle.h"

#include <cmath>

namespace attn::numerics {

namespace {

class Local : public NumberModifier {
public:
  explicit Local(Number window) : NumberModifier("local", "window", std::move(window)) {}

  bool admits(const Pair &pair) const override {
    return std::fabs(static_cast<double>(pair.i - pair.j)) <= std::floor(number.value / 2);
  }
};

} // namespace

void casesOfLocal(Cases &cases) {
  // Below 1: 0 is only itself, less keeps nothing.
  Number drawn{"near", ATTN_I32, 0, {1, 2, 3, 31, 32, 64, 65, 127, 129, 1000, 2147483647, 0, -1, -2, -2147483647}};
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    cases.push_back(makeCase("local w", plain(type), Layout::ragged, Start::bottomRight, {modify<Local>(drawn)}));
  cases.push_back(makeCase("local w", plain(), Layout::dense, Start::bottomRight, {modify<Local>(drawn)}));
  cases.back().everyEdge = true;
  cases.push_back(makeCase("local w", plain(), Layout::packed, Start::value, {modify<Local>(drawn)}));
  cases.push_back(
      makeCase("local 1", plain(), Layout::dense, Start::topLeft, {modify<Local>(Number{"near", ATTN_I32, 1})}));
  cases.push_back(makeCase("local 64 causal", {8, 1, 80, 128, ATTN_F32, ATTN_F32}, Layout::ragged, Start::value,
                           {modify<Local>(Number{"near", ATTN_I32, 64}), causal()}));
}

} // namespace attn::numerics
