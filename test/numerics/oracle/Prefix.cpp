//===- Prefix.cpp - j ≤ i or j < p, by its formula ---===//

#include "test/numerics/Oracle.h"

namespace attn::numerics {

namespace {

/// p is a number for each sequence.
class Prefix : public Modifier {
public:
  std::vector<Argument> arguments(const Geometry &) const override { return {{"prefix", "tensor<?xi32>", {"B"}}}; }
  std::vector<Array> draw(const Problem &problem, Random &random) override {
    lengths.clear();
    for (int64_t n = 0; n < problem.batch; ++n) {
      int64_t edges[] = {0, -7, problem.keyLengths[n], problem.keyLengths[n] + 9,
                         random.integer(0, problem.keyLengths[n])};
      lengths.push_back(static_cast<int32_t>(edges[random.chance(0.5) ? 4 : random.integer(0, 3)]));
    }
    return {Array::vector(lengths)};
  }
  std::string text(const std::string &in, const std::string &out, const Geometry &) const override {
    return out + " = attn.prefix " + in + " lengths %prefix : tensor<?xi32>";
  }
  bool admits(const Pair &pair) const override { return pair.j <= pair.i || pair.j < lengths[pair.n]; }

private:
  std::vector<int32_t> lengths;
};

} // namespace

void casesOfPrefix(Cases &cases) {
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    cases.push_back(makeCase("prefix", plain(type), Layout::ragged, Start::bottomRight, {modify<Prefix>()}));
  cases.push_back(makeCase("prefix", plain(), Layout::dense, Start::bottomRight, {modify<Prefix>()}));
  cases.back().everyEdge = true;
  cases.push_back(makeCase("prefix", plain(), Layout::packed, Start::value, {modify<Prefix>()}));
  cases.push_back(makeCase("prefix window", {3, 1, 64, 64, ATTN_F32, ATTN_F32}, Layout::ragged, Start::topLeft,
                           {modify<Prefix>(), slidingWindow()}));
}

} // namespace attn::numerics
