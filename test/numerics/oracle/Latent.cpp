//===- Latent.cpp - (q_c · c + q_r · k_r) · scale, by its formula ---===//

#include "test/numerics/Oracle.h"

#include <cmath>
#include <numeric>

namespace attn::numerics {

namespace {

/// The queries and keys of the case are q_c and the latent; the rotary parts are drawn here.
class Latent : public Source {
public:
  Latent(int64_t rotaryWidth, int64_t keyWidth, bool hasScale)
      : rotaryWidth(rotaryWidth), keyWidth(keyWidth), hasScale(hasScale) {}

  std::vector<Argument> arguments(const Geometry &geometry) const override {
    std::string width = std::to_string(rotaryWidth);
    std::vector<Argument> result;
    for (bool isQuery : {true, false}) {
      std::string heads = std::to_string(isQuery ? geometry.heads : geometry.keyHeads);
      result.push_back({isQuery ? "rotary_query" : "rotary_key",
                        typeOf(geometry, isQuery),
                        {"B", isQuery ? "T" : "S", heads, width}});
    }
    if (hasScale)
      result.push_back({"scale", "f32", {}});
    return result;
  }
  std::vector<Array> draw(const Problem &problem, Random &random) override {
    const Geometry &g = problem.geometry;
    query = Array(g.type, {problem.batch, problem.query.sizes()[1], g.heads, rotaryWidth});
    key = Array(g.keyType, {problem.batch, problem.key.sizes()[1], g.keyHeads, rotaryWidth});
    for (Array *array : {&query, &key})
      for (int64_t at = 0; at < array->count(); ++at)
        array->set(at, random.normal());
    std::vector<Array> result = {query, key};
    scale = 1 / std::sqrt(static_cast<double>(keyWidth + rotaryWidth));
    if (hasScale) {
      // 0.3 at a width of 60; scores are as large at others.
      result.push_back(Array::scalar(ATTN_F32, 0.3 * std::sqrt(60.0 / static_cast<double>(g.width + rotaryWidth))));
      scale = result.back().at(0);
    }
    return result;
  }
  std::string text(const std::string &queries, const std::string &keys, const std::string &,
                   const std::string &queryType, const std::string &keyType, const Geometry &geometry) const override {
    return "attn.latent " + queries + ", " + keys + " plus %rotary_query, %rotary_key width " +
           std::to_string(keyWidth) + (hasScale ? " scale %scale" : "") + " : " + queryType + ", " + keyType + ", " +
           typeOf(geometry, true) + ", " + typeOf(geometry, false);
  }
  void addParts(const Pair &pair, std::vector<double> &terms) const override {
    int64_t heads = query.sizes()[2], keyHeads = key.sizes()[2], keyHead = pair.h / (heads / keyHeads);
    int64_t queryAt = ((pair.n * query.sizes()[1] + pair.row) * heads + pair.h) * rotaryWidth,
            keyAt = ((pair.n * key.sizes()[1] + pair.j) * keyHeads + keyHead) * rotaryWidth;
    for (int64_t f = 0; f < rotaryWidth; ++f)
      terms.push_back(query.at(queryAt + f) * key.at(keyAt + f));
  }
  double score(const Geometry &, std::optional<double>, const std::vector<double> &terms) const override {
    return scale * std::accumulate(terms.begin(), terms.end(), 0.0);
  }

private:
  std::string typeOf(const Geometry &geometry, bool isQuery) const {
    return "tensor<?x?x" + std::to_string(isQuery ? geometry.heads : geometry.keyHeads) + "x" +
           std::to_string(rotaryWidth) + "x" + typeName(isQuery ? geometry.type : geometry.keyType) + ">";
  }
  const int64_t rotaryWidth, keyWidth;
  const bool hasScale;
  Array query, key;
  double scale = 1;
};

} // namespace

void casesOfLatent(Cases &cases) {
  auto add = [&](Case test, int64_t rotaryWidth, int64_t keyWidth, bool hasScale, bool valueIsKey) {
    test = begunBy<Latent>(std::move(test), rotaryWidth, keyWidth, hasScale);
    test.chain.valueIsKey = valueIsKey;
    cases.push_back(std::move(test));
  };
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    add(makeCase("latent value", {8, 1, 64, 64, type, type}, Layout::ragged, Start::bottomRight, {causal()}), 32, 48,
        false, true);
  add(makeCase("latent", {6, 2, 40, 24, ATTN_F32, ATTN_F32}, Layout::dense, Start::topLeft), 20, 64, true, false);
  cases.back().everyEdge = true;
  add(makeCase("latent wide value", {4, 1, 256, 256, ATTN_F32, ATTN_BF16}, Layout::ragged, Start::value, {causal()}),
      64, 128, false, true);
  Case fading = makeCase("decay latent", {8, 1, 64, 64, ATTN_F32, ATTN_F32}, Layout::ragged, Start::bottomRight,
                         {decay(Layout::ragged), causal(), dropout()});
  add(closedBy<LinearClosing>(std::move(fading), "none"), 20, 40, true, true);
}

} // namespace attn::numerics
