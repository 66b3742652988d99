//===- DotProduct.cpp - scale · q · k, by its formula ---===//

#include "test/numerics/Oracle.h"

#include <cmath>
#include <numeric>

namespace attn::numerics {

namespace {

class DotProduct : public Source {
public:
  bool isProduct() const override { return true; }
  std::string text(const std::string &query, const std::string &key, const std::string &scale,
                   const std::string &queryType, const std::string &keyType, const Geometry &) const override {
    return "attn.dot_product " + query + ", " + key + scale + " : " + queryType + ", " + keyType;
  }
  double score(const Geometry &geometry, std::optional<double> scale, const std::vector<double> &terms) const override {
    double sum = std::accumulate(terms.begin(), terms.end(), 0.0);
    return scale.value_or(1 / std::sqrt(static_cast<double>(geometry.width))) * sum;
  }
};

} // namespace

std::shared_ptr<Source> dotProduct() { return std::make_shared<DotProduct>(); }

void casesOfDotProduct(Cases &cases) {
  for (const Geometry &geometry : geometries())
    cases.push_back(makeCase("dot_product", geometry, Layout::ragged, Start::bottomRight));
  cases.push_back(makeCase("dot_product", plain(), Layout::dense, Start::topLeft));
  cases.back().everyEdge = true;
  cases.push_back(makeCase("dot_product", plain(ATTN_BF16), Layout::packed, Start::bottomRight));
  cases.push_back(makeCase("dot_product scale 0.1", plain(), Layout::packed, Start::topLeft));
  cases.back().chain.scale = 0.1;
  cases.push_back(makeCase("dot_product scale -0.25", plain(ATTN_BF16), Layout::ragged, Start::bottomRight));
  cases.back().chain.scale = -0.25;
  cases.push_back(makeCase("dot_product by a scale", plain(ATTN_BF16), Layout::dense, Start::topLeft));
  cases.back().chain.scale = 0.375;
  cases.back().chain.scaleIsArgument = true;
}

} // namespace attn::numerics
