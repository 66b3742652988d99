//===- Relu.cpp - max(s, 0)^p / S, by its formula ---===//

#include "test/numerics/Oracle.h"

#include <algorithm>
#include <cmath>

namespace attn::numerics {

namespace {

class Relu : public Closing {
public:
  explicit Relu(int power) : Closing("relu"), power(power) {}

  std::string operands() const override { return power == 1 ? "" : " power " + std::to_string(power); }
  bool isLinear() const override { return true; }
  double weigh(std::vector<double> &scores, std::optional<double>, int64_t keys) const override {
    for (double &s : scores)
      s = std::pow(std::max(s, 0.0), power) / static_cast<double>(keys);
    return -HUGE_VAL;
  }

private:
  const int power;
};

} // namespace

void casesOfRelu(Cases &cases) {
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    for (int power : {1, 2}) {
      std::string title = power == 1 ? "relu" : "relu squared";
      cases.push_back(closedBy<Relu>(makeCase(title, plain(type), Layout::ragged, Start::bottomRight), power));
    }
  cases.push_back(closedBy<Relu>(makeCase("relu causal", plain(), Layout::dense, Start::bottomRight, {causal()}), 1));
  cases.back().everyEdge = true;
  cases.push_back(closedBy<Relu>(makeCase("relu squared masked", {9, 3, 80, 24, ATTN_F32, ATTN_F32}, Layout::packed,
                                          Start::value, {masked("n t s")}),
                                 2));
}

} // namespace attn::numerics
