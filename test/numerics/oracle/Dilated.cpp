//===- Dilated.cpp - (i − j) mod r = 0, by its formula ---===//

#include "test/numerics/Oracle.h"

#include <algorithm>
#include <cmath>

namespace attn::numerics {

namespace {

/// A dilation below 1 is read as 1.
class Dilated : public NumberModifier {
public:
  explicit Dilated(Number dilation) : NumberModifier("dilated", "by", std::move(dilation)) {}

  bool admits(const Pair &pair) const override {
    return std::fmod(static_cast<double>(pair.i - pair.j), std::max(number.value, 1.0)) == 0;
  }
};

} // namespace

void casesOfDilated(Cases &cases) {
  Number drawn{"dilation", ATTN_I32, 0, {1, 2, 3, 7, 16, 63, 64, 65, 131, 1000, 2147483647, 0, -3}};
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    cases.push_back(makeCase("dilated r", plain(type), Layout::ragged, Start::bottomRight, {modify<Dilated>(drawn)}));
  cases.push_back(makeCase("dilated r", plain(), Layout::packed, Start::value, {modify<Dilated>(drawn)}));
  cases.push_back(makeCase("dilated 3", plain(), Layout::dense, Start::bottomRight,
                           {modify<Dilated>(Number{"dilation", ATTN_I32, 3})}));
  cases.back().everyEdge = true;
  cases.push_back(makeCase("dilated r window", {8, 1, 40, 40, ATTN_BF16, ATTN_BF16}, Layout::ragged, Start::value,
                           {modify<Dilated>(drawn), slidingWindow()}));
}

} // namespace attn::numerics
