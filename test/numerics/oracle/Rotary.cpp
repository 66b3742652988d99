//===- Rotary.cpp - pairs of features turned by their position, by its formula ---===//

#include "test/numerics/Oracle.h"

#include <cmath>

namespace attn::numerics {

namespace {

/// The pair m turns by the angle i · base^(−2m/w); pairs are (2m, 2m+1) or (m, m + w/2).
class Rotary : public Operand {
public:
  Rotary(bool interleaved, double base, int64_t width) : interleaved(interleaved), base(base), width(width) {}

  std::string text(const std::string &queryType, const std::string &keyType, const std::string &queryRows,
                   const std::string &keyRows) const override {
    std::string how = std::string(interleaved ? " interleaved" : " halves") + " base " + std::to_string(base) +
                      (width ? " width " + std::to_string(width) : "") + " : ";
    return "%query_1 = attn.rotary %query at " + queryRows + how + queryType + "\n  %key_1 = attn.rotary %key at " +
           keyRows + how + keyType;
  }

  void apply(const Problem &problem, Features &features) const override {
    const Geometry &g = problem.geometry;
    for (int64_t n = 0; n < problem.batch; ++n) {
      for (int64_t r = 0; r < problem.queryLengths[n]; ++r)
        for (int64_t h = 0; h < g.heads; ++h)
          turn(&features.query[problem.queryAt(n, r, h)], problem.starts[n] + r, g.width, g.type);
      for (int64_t j = 0; j < problem.keyLengths[n]; ++j)
        for (int64_t h = 0; h < g.keyHeads; ++h)
          turn(&features.key[problem.keyAt(n, j, h)], j, g.width, g.keyType);
    }
  }

private:
  /// The result has the type of the input: what is turned is rounded to it.
  void turn(double *x, int64_t position, int64_t all, attn_type_t type) const {
    int64_t turned = width ? width : all;
    for (int64_t m = 0; m < turned / 2; ++m) {
      double angle =
          static_cast<double>(position) * std::pow(base, -2.0 * static_cast<double>(m) / static_cast<double>(turned));
      double &a = x[interleaved ? 2 * m : m], &b = x[interleaved ? 2 * m + 1 : m + turned / 2];
      double turnedA = a * std::cos(angle) - b * std::sin(angle), turnedB = a * std::sin(angle) + b * std::cos(angle);
      a = Array::scalar(type, turnedA).at(0), b = Array::scalar(type, turnedB).at(0);
    }
  }

  bool interleaved;
  double base;
  int64_t width;
};

} // namespace

std::shared_ptr<Operand> rotary() { return std::make_shared<Rotary>(true, 1e4, 0); }

void casesOfRotary(Cases &cases) {
  // Rows that stand bottom_right need lengths or offsets, for a rotation sees one tensor only.
  auto add = [&](const std::string &name, Geometry geometry, Layout layout, Start start,
                 std::shared_ptr<Operand> rotary) {
    cases.push_back(makeCase("rotary " + name, geometry, layout, start, {causal()}));
    cases.back().chain.operand = std::move(rotary);
  };
  add("interleaved", plain(), Layout::ragged, Start::bottomRight, std::make_shared<Rotary>(true, 1e5, 0));
  add("halves", plain(), Layout::ragged, Start::value, std::make_shared<Rotary>(false, 1e4, 0));
  add("halves of 24", {4, 2, 40, 40, ATTN_F32, ATTN_F32}, Layout::dense, Start::topLeft,
      std::make_shared<Rotary>(false, 1e4, 24));
  add("interleaved", plain(ATTN_BF16), Layout::dense, Start::value, std::make_shared<Rotary>(true, 1e4, 0));
  add("interleaved", plain(), Layout::packed, Start::bottomRight, std::make_shared<Rotary>(true, 1e4, 0));
  add("halves of 24", {8, 1, 40, 40, ATTN_BF16, ATTN_BF16}, Layout::packed, Start::value,
      std::make_shared<Rotary>(false, 1e4, 24));
  add("interleaved of 20", {4, 2, 40, 24, ATTN_F32, ATTN_F32}, Layout::packed, Start::topLeft,
      std::make_shared<Rotary>(true, 1e5, 20));
}

} // namespace attn::numerics
