//===- Dropout.cpp - weights that a counter leaves out, by its formula ---===//

#include "test/numerics/Oracle.h"

#include <algorithm>
#include <array>

namespace attn::numerics {

namespace {

/// The first word of Philox-4x32-10 (Salmon et al., 2011, §4), as the paper writes a round.
uint32_t philox(uint64_t key, std::array<uint32_t, 4> counter) {
  uint32_t k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    uint64_t left = uint64_t{0xD2511F53} * counter[0], right = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(right >> 32) ^ counter[1] ^ k0, static_cast<uint32_t>(right),
               static_cast<uint32_t>(left >> 32) ^ counter[3] ^ k1, static_cast<uint32_t>(left)};
    k0 += 0x9E3779B9, k1 += 0xBB67AE85;
  }
  return counter[0];
}

class Dropout : public Modifier {
public:
  explicit Dropout(Number probability) : probability(std::move(probability)) {}

  std::vector<Argument> arguments(const Geometry &) const override {
    std::vector<Argument> result = probability.arguments();
    result.push_back({"seed", "i64", {}});
    return result;
  }
  std::vector<Array> draw(const Problem &, Random &random) override {
    std::vector<Array> result = probability.draw(random);
    seed = static_cast<int64_t>(random.bits() >> 12); // exact in a double
    result.push_back(Array::scalar(ATTN_I64, static_cast<double>(seed)));
    return result;
  }
  std::string text(const std::string &in, const std::string &out, const Geometry &) const override {
    return probability.definition() + out + " = attn.dropout " + in + " p %" + probability.name + " seed %seed";
  }
  double factor(const Pair &pair) const override {
    auto word = [](int64_t x) { return static_cast<uint32_t>(x); };
    double p = std::max(0.0, static_cast<double>(static_cast<float>(probability.value)));
    uint32_t drawn = philox(static_cast<uint64_t>(seed), {word(pair.n), word(pair.h), word(pair.i), word(pair.j)});
    // What is compared is an f32, to which 32 bits are rounded.
    return static_cast<double>(static_cast<float>(drawn) * 0x1p-32f) >= p ? 1 / (1 - p) : 0;
  }

private:
  Number probability;
  int64_t seed = 0;
};

} // namespace

std::shared_ptr<Modifier> dropout() { return modify<Dropout>(Number{"p", ATTN_F32, 0.5}); }

void casesOfDropout(Cases &cases) {
  Number drawn{"p", ATTN_F32, 0, {0, 0.1, 0.5, 0.99, -1}};
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    cases.push_back(makeCase("dropout p", plain(type), Layout::ragged, Start::bottomRight, {modify<Dropout>(drawn)}));
  Number half{"p", ATTN_F32, 0.5};
  cases.push_back(
      makeCase("dropout 0.5 causal", plain(), Layout::dense, Start::bottomRight, {modify<Dropout>(half), causal()}));
  cases.back().everyEdge = true;
  cases.push_back(makeCase("dropout 0.5 masked", {9, 3, 40, 24, ATTN_F32, ATTN_F32}, Layout::packed, Start::value,
                           {modify<Dropout>(half), masked("n t s")}));
}

} // namespace attn::numerics
