//===- RelativeBias.cpp - s + table[h, clamp(i − j, −R, R) + R], by its formula ---===//

#include "test/numerics/Oracle.h"

#include <algorithm>

namespace attn::numerics {

namespace {

class RelativeBias : public Modifier {
public:
  RelativeBias(int64_t reach, attn_type_t type) : reach(reach), type(type) {}

  std::vector<Argument> arguments(const Geometry &geometry) const override {
    std::string heads = std::to_string(geometry.heads), width = std::to_string(2 * reach + 1);
    return {{"table", "tensor<" + heads + "x" + width + "x" + typeName(type) + ">", {heads, width}}};
  }
  std::vector<Array> draw(const Problem &problem, Random &random) override {
    table = Array(type, {problem.geometry.heads, 2 * reach + 1});
    for (int64_t index = 0; index < table.count(); ++index)
      table.set(index, random.normal());
    return {table};
  }
  std::string text(const std::string &in, const std::string &out, const Geometry &geometry) const override {
    return out + " = attn.relative_bias " + in + " from %table : " + arguments(geometry).front().type;
  }
  double score(double s, const Pair &pair) const override {
    return s + table.at({pair.h, std::clamp(pair.i - pair.j, -reach, reach) + reach});
  }

private:
  int64_t reach;
  attn_type_t type;
  Array table;
};

} // namespace

void casesOfRelativeBias(Cases &cases) {
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    cases.push_back(makeCase("relative_bias 20", plain(type), Layout::ragged, Start::bottomRight,
                             {modify<RelativeBias>(20, type)}));
  cases.push_back(
      makeCase("relative_bias 0", plain(), Layout::dense, Start::topLeft, {modify<RelativeBias>(0, ATTN_F32)}));
  cases.push_back(makeCase("relative_bias 200 causal", plain(), Layout::packed, Start::value,
                           {modify<RelativeBias>(200, ATTN_F32), causal()}));
}

} // namespace attn::numerics
