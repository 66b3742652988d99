//===- Sink.cpp - e^sink joins the normaliser, by its formula ---===//

#include "test/numerics/Oracle.h"

#include <cmath>

namespace attn::numerics {

namespace {

/// One logit a head.
class Sink : public Modifier {
public:
  explicit Sink(attn_type_t type) : type(type) {}

  std::vector<Argument> arguments(const Geometry &geometry) const override {
    std::string heads = std::to_string(geometry.heads);
    return {{"logits", "tensor<" + heads + "x" + typeName(type) + ">", {heads}}};
  }
  std::vector<Array> draw(const Problem &problem, Random &random) override {
    logits = Array(type, {problem.geometry.heads});
    // Below and above the scores; −∞ is no sink at all.
    for (int64_t h = 0; h < logits.count(); ++h)
      logits.set(h, random.chance(0.1) ? -HUGE_VAL : 6 * random.normal());
    return {logits};
  }
  std::string text(const std::string &in, const std::string &out, const Geometry &geometry) const override {
    return out + " = attn.sink " + in + " by %logits : " + arguments(geometry).front().type;
  }
  bool hasSink() const override { return true; }
  double sink(int64_t h) const override { return logits.at(h); }

private:
  attn_type_t type;
  Array logits;
};

} // namespace

std::shared_ptr<Modifier> sink() { return modify<Sink>(ATTN_F32); }

void casesOfSink(Cases &cases) {
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    cases.push_back(makeCase("sink", plain(type), Layout::ragged, Start::bottomRight, {modify<Sink>(type)}));
  // Rows without a key, whose log-sum-exp is the sink.
  cases.push_back(makeCase("sink causal", plain(), Layout::dense, Start::bottomRight, {sink(), causal()}));
  cases.back().everyEdge = true;
  cases.push_back(makeCase("sink masked", {9, 3, 64, 64, ATTN_F32, ATTN_F32}, Layout::packed, Start::value,
                           {masked("n t s"), sink()}));
  // No score change reaches the sink.
  cases.push_back(makeCase("biased sink softcap", {8, 1, 80, 128, ATTN_F32, ATTN_F32}, Layout::ragged, Start::topLeft,
                           {biased("n t s", ATTN_F32), sink(), softcap()}));
}

} // namespace attn::numerics
