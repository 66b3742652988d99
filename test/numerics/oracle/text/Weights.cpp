//===- Weights.cpp - factors and pairs written as text, by their formulas ---===//

#include "test/numerics/TextVariant.h"

#include <cmath>

namespace attn::numerics {

void casesOfTextWeights(Cases &cases) {
  TextVariant gaussian = {"gaussian", "gaussian", {drawn("sigma", ATTN_F32, {0.5, 4, 30})}};
  gaussian.factor = [](const Pair &p, const TextCall &c) {
    double x = static_cast<double>(p.i - p.j) / c.number(0);
    return std::exp(-x * x / 2);
  };
  addTextCases(cases, {gaussian, Start::bottomRight});

  TextVariant manhattan = {"manhattan", "manhattan"};
  manhattan.term = [](double a, double b) { return -std::fabs(a - b); };
  addTextCases(cases, {manhattan, Start::value, 0.0625});
}

} // namespace attn::numerics
