//===- Weights.cpp - weights, factors, features and pairs written as text, by their formulas ---===//

#include "test/numerics/TextVariant.h"

#include <algorithm>
#include <cmath>

namespace attn::numerics {

void casesOfTextWeights(Cases &cases) {
  TextVariant tanhWeights = {"tanh-weights", "tanh_weights", {drawn("c", ATTN_F32, {0.25, 1, 3})}};
  tanhWeights.score = [](double s, const Pair &, const TextCall &c) { return std::tanh(c.number(0) * s); };
  addTextCases(cases, {tanhWeights, Start::value, std::nullopt, "none"});

  TextVariant gaussian = {"gaussian", "gaussian", {drawn("sigma", ATTN_F32, {0.5, 4, 30})}};
  gaussian.factor = [](const Pair &p, const TextCall &c) {
    double x = static_cast<double>(p.i - p.j) / c.number(0);
    return std::exp(-x * x / 2);
  };
  addTextCases(cases, {gaussian, Start::bottomRight});

  TextVariant manhattan = {"manhattan", "manhattan"};
  manhattan.term = [](double a, double b) { return -std::fabs(a - b); };
  addTextCases(cases, {manhattan, Start::value, 0.0625});

  TextVariant squaredRelu = {"squared-relu", "squared_relu"};
  squaredRelu.feature = [](double x) { return std::max(x, 0.0) * std::max(x, 0.0); };
  addTextCases(cases, {squaredRelu, Start::value, 1.0, "sum"});
}

} // namespace attn::numerics
