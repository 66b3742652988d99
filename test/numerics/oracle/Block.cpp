//===- Block.cpp - ⌊i / c⌋ = ⌊j / c⌋, by its formula ---===//

#include "test/numerics/Oracle.h"

#include <algorithm>
#include <cmath>

namespace attn::numerics {

namespace {

/// A size below 1 is read as 1.
class Blocks : public NumberModifier {
public:
  explicit Blocks(Number size) : NumberModifier("block", "of", std::move(size)) {}

  bool admits(const Pair &pair) const override {
    double c = std::max(number.value, 1.0);
    return std::floor(static_cast<double>(pair.i) / c) == std::floor(static_cast<double>(pair.j) / c);
  }
};

} // namespace

void casesOfBlock(Cases &cases) {
  Number drawn{"size", ATTN_I32, 0, {1, 2, 15, 16, 17, 63, 64, 65, 128, 1000, 2147483647, 0, -5}};
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    cases.push_back(makeCase("block c", plain(type), Layout::ragged, Start::bottomRight, {modify<Blocks>(drawn)}));
  cases.push_back(makeCase("block c", plain(), Layout::dense, Start::bottomRight, {modify<Blocks>(drawn)}));
  cases.back().everyEdge = true;
  cases.push_back(makeCase("block c", plain(), Layout::packed, Start::value, {modify<Blocks>(drawn)}));
  cases.push_back(
      makeCase("block 16", plain(), Layout::dense, Start::value, {modify<Blocks>(Number{"size", ATTN_I32, 16})}));
  cases.push_back(makeCase("block 37 causal", {6, 2, 64, 64, ATTN_F32, ATTN_BF16}, Layout::ragged, Start::topLeft,
                           {modify<Blocks>(Number{"size", ATTN_I32, 37}), causal()}));
}

} // namespace attn::numerics
