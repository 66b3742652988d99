//===- Softmax.cpp - e^(s − m) / Σ e^(s − m), by its formula ---===//

#include "test/numerics/Oracle.h"

#include <algorithm>
#include <cmath>

namespace attn::numerics {

namespace {

class Softmax : public Closing {
public:
  Softmax() : Closing("softmax") {}

  bool hasLse() const override { return true; }
  double weigh(std::vector<double> &scores, std::optional<double> sink, int64_t) const override {
    double maximum = sink.value_or(-HUGE_VAL), sum = 0;
    for (double s : scores)
      maximum = std::max(maximum, s);
    if (std::isinf(maximum)) { // No key, or none that an additive mask left.
      std::fill(scores.begin(), scores.end(), 0);
      return -HUGE_VAL;
    }
    if (sink)
      sum = std::exp(*sink - maximum);
    for (double &s : scores)
      sum += s = std::exp(s - maximum);
    for (double &s : scores)
      s /= sum;
    return maximum + std::log(sum);
  }
};

/// Scores far apart: weights underflow, and a running maximum that moves late rescales much.
class Spread : public Modifier {
public:
  std::string declarations() const override {
    return R"(attn.variant @spread score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32):
  %position = arith.sitofp %j : i32 to f32
  %r = arith.addf %s, %position : f32
  attn.yield %r : f32
}
)";
  }
  std::string text(const std::string &in, const std::string &out, const Geometry &) const override {
    return out + " = attn.apply @spread() to " + in;
  }
  double score(double s, const Pair &pair) const override { return s + static_cast<double>(pair.j); }
};

} // namespace

std::shared_ptr<Closing> softmax() { return std::make_shared<Softmax>(); }

void casesOfSoftmax(Cases &cases) {
  cases.push_back(makeCase("softmax without lse", plain(), Layout::dense, Start::bottomRight));
  cases.back().chain.lse = false;
  cases.push_back(makeCase("softmax to f32", plain(ATTN_BF16), Layout::ragged, Start::bottomRight, {causal()}));
  cases.back().chain.outputType = ATTN_F32;
  cases.push_back(makeCase("softmax spread", plain(), Layout::ragged, Start::bottomRight, {modify<Spread>()}));
  // What composes must compose in one kernel.
  for (attn_type_t type : {ATTN_F32, ATTN_BF16})
    cases.push_back(makeCase("softcap alibi causal window", {9, 3, 64, 64, type, type}, Layout::ragged,
                             Start::bottomRight, {softcap(), alibi(), causal(), slidingWindow()}));
}

} // namespace attn::numerics
