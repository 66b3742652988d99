//===- DotProduct.cpp - scale · q · k, by its formula ---===//

#include "test/numerics/Oracle.h"

#include <cmath>

namespace attn::numerics {

double dotProduct(const Geometry &geometry, std::optional<double> scale, const double *query, const double *key) {
  double sum = 0;
  for (int64_t f = 0; f < geometry.width; ++f)
    sum += query[f] * key[f];
  return scale.value_or(1 / std::sqrt(static_cast<double>(geometry.width))) * sum;
}

void casesOfDotProduct(Cases &cases) {
  for (const Geometry &geometry : geometries())
    cases.push_back(makeCase("dot_product", geometry, Layout::ragged, Start::bottomRight));
  cases.push_back(makeCase("dot_product", plain(), Layout::dense, Start::topLeft));
  cases.back().everyEdge = true;
  cases.push_back(makeCase("dot_product", plain(ATTN_BF16), Layout::packed, Start::bottomRight));
  cases.push_back(makeCase("dot_product scale 0.25", plain(), Layout::packed, Start::topLeft));
  cases.back().chain.scale = 0.25;
  cases.push_back(makeCase("dot_product scale -0.25", plain(ATTN_BF16), Layout::ragged, Start::bottomRight));
  cases.back().chain.scale = -0.25;
  cases.push_back(makeCase("dot_product by a scale", plain(ATTN_BF16), Layout::dense, Start::topLeft));
  cases.back().chain.scale = 0.375;
  cases.back().chain.scaleIsArgument = true;
}

} // namespace attn::numerics
