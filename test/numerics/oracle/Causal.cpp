//===- Causal.cpp - j ≤ i, by its formula ---===//

#include "test/numerics/Oracle.h"

namespace attn::numerics {

namespace {

class Causal : public Modifier {
public:
  std::string text(const std::string &in, const std::string &out, const Geometry &) const override {
    return out + " = attn.causal " + in;
  }
  bool admits(const Pair &pair) const override { return pair.j <= pair.i; }
};

} // namespace

std::shared_ptr<Modifier> causal() { return modify<Causal>(); }

void casesOfCausal(Cases &cases) {
  for (const Geometry &geometry : geometries())
    cases.push_back(makeCase("causal", geometry, Layout::ragged, Start::bottomRight, {causal()}));
  // Starts of their own: queries before the first key see nothing, those past the last see all.
  for (Layout layout : {Layout::dense, Layout::ragged, Layout::packed})
    cases.push_back(makeCase("causal", plain(), layout, Start::value, {causal()}));
  cases.push_back(makeCase("causal", plain(ATTN_BF16), Layout::packed, Start::topLeft, {causal()}));
  cases.push_back(makeCase("causal", plain(), Layout::dense, Start::bottomRight, {causal()}));
  cases.back().everyEdge = true;
}

} // namespace attn::numerics
