//===- Scores.cpp - score changes written as text, by their formulas ---===//

#include "test/numerics/TextVariant.h"

#include <algorithm>
#include <cmath>

namespace attn::numerics {

using Indices = std::vector<int64_t>;

/// A number for each head, in [low, high].
static TextParameter eachHead(std::string name, double low, double high) {
  return table(std::move(name), ATTN_F32, 1, perHead,
               [=](const Problem &, Random &random, const Indices &) { return random.uniform(low, high); });
}

static double distance(const Pair &pair) { return std::fabs(static_cast<double>(pair.i - pair.j)); }

static void functionsOfDistance(Cases &cases) {
  auto buckets = [](const Problem &problem) { return Indices{32, problem.geometry.heads}; };
  auto bias = [](const Problem &, Random &random, const Indices &) { return random.normal(); };
  addTextCases(cases, {{"t5-bias", "t5_bias", {table("table", ATTN_F32, 2, buckets, bias)},
                        [](double s, const Pair &p, const TextCall &c) {
                          double d = distance(p);
                          int64_t bucket = static_cast<int64_t>(
                              d < 8 ? d : std::min(15.0, 8 + std::floor(8 * std::log(d / 8) / std::log(16.0) + 1e-9)));
                          return s + c.load(0, {(p.j > p.i ? 16 : 0) + bucket, p.h});
                        }},
                       Start::value});
  auto four = [](const Problem &) { return Indices{4}; };
  // Of large angles f32 has few digits, whoever takes their cosine.
  auto frequency = [](const Problem &, Random &, const Indices &at) { return std::pow(10.0, -1.0 - double(at[0])); };
  addTextCases(cases, {{"sandwich", "sandwich",
                        {table("frequencies", ATTN_F32, 1, four, frequency), eachHead("ratios", 1, 4)},
                        [](double s, const Pair &p, const TextCall &c) {
                          for (int64_t m = 0; m < 4; ++m)
                            s += std::cos(c.load(0, {m}) * static_cast<double>(p.i - p.j) / c.load(1, {p.h}));
                          return s;
                        }},
                       Start::value});
  addTextCases(cases, {{"capped-distance", "capped_distance",
                        {eachHead("slopes", 0, 0.5), drawn("cap", ATTN_F32, {0.5, 8, 40})},
                        [](double s, const Pair &p, const TextCall &c) {
                          return s - c.load(0, {p.h}) * c.number(1) * std::tanh(distance(p) / c.number(1));
                        }},
                       Start::value});
  addTextCases(cases, {{"kerple", "kerple", {eachHead("a", 0.1, 2), eachHead("b", 0.01, 2)},
                        [](double s, const Pair &p, const TextCall &c) {
                          return s - c.load(0, {p.h}) * std::log(1 + c.load(1, {p.h}) * distance(p));
                        }},
                       Start::value});
  addTextCases(cases, {{"log-n", "log_n", {drawn("scale", ATTN_F32, {0.15, 0.25, 0.5})},
                        [](double s, const Pair &p, const TextCall &c) {
                          return s * std::max(1.0, std::log(std::max<double>(1, p.i + 1)) * c.number(0));
                        }},
                       Start::value});
}

/// The Euclidean norm of `width` elements of an array.
static double norm(const Array &array, int64_t first, int64_t width) {
  double sum = 0;
  for (int64_t f = 0; f < width; ++f)
    sum += array.at(first + f) * array.at(first + f);
  return std::sqrt(sum);
}

/// |q| by (n, row, h).
static TextParameter queryNorms() {
  auto draw = [](const Problem &problem, Random &) {
    const Geometry &g = problem.geometry;
    Array norms(ATTN_F32, {problem.batch, std::max<int64_t>(1, problem.rows), g.heads});
    norms.fill(1);
    for (int64_t n = 0; n < problem.batch; ++n)
      for (int64_t r = 0; r < problem.queryLengths[n]; ++r)
        for (int64_t h = 0; h < g.heads; ++h)
          norms.set({n, r + (problem.layout == Layout::packed ? problem.queryOffsets[n] : 0), h},
                    norm(problem.query, problem.queryAt(n, r, h), g.width));
    return norms;
  };
  return {"q_norms", ATTN_F32, 3, draw};
}

/// |k| by (n, j, key head).
static TextParameter keyNorms() {
  auto draw = [](const Problem &problem, Random &) {
    const Geometry &g = problem.geometry;
    Array norms(ATTN_F32, {problem.batch, longest(problem), g.keyHeads});
    norms.fill(1);
    for (int64_t n = 0; n < problem.batch; ++n)
      for (int64_t j = 0; j < problem.keyLengths[n]; ++j)
        for (int64_t h = 0; h < g.keyHeads; ++h)
          norms.set({n, j, h}, norm(problem.key, problem.keyAt(n, j, h), g.width));
    return norms;
  };
  return {"k_norms", ATTN_F32, 3, draw};
}

static void functionsOfCaptures(Cases &cases) {
  auto group = [](const Problem &problem, Random &) {
    return Array::scalar(ATTN_I32, static_cast<double>(problem.geometry.heads / problem.geometry.keyHeads));
  };
  addTextCases(cases, {{"cosine", "cosine",
                        {queryNorms(), keyNorms(), eachHead("tau", 1, 20), {"group", ATTN_I32, 0, group}},
                        [](double s, const Pair &p, const TextCall &c) {
                          // A query of zeros points nowhere: its cosine with any key is 0.
                          double norms = c.load(0, {p.n, c.row(p), p.h}) * c.load(1, {p.n, p.j, p.h / c.integer(3)});
                          return norms == 0 ? 0 : c.load(2, {p.h}) * s / norms;
                        }},
                       Start::value, 1.0});
  // Running sums of gates between −0.2 and 0; their differences are what is tested, not how they were summed.
  auto positions = [](const Problem &problem) {
    return Indices{problem.batch, longest(problem), problem.geometry.heads};
  };
  auto sum = [](const Problem &, Random &random, const Indices &at) {
    return -0.1 * static_cast<double>(at[1]) + random.uniform(-0.05, 0.05);
  };
  addTextCases(cases, {{"forgetting", "forgetting", {table("sums", ATTN_F32, 3, positions, sum)},
                        [](double s, const Pair &p, const TextCall &c) {
                          return s + c.load(0, {p.n, p.i, p.h}) - c.load(0, {p.n, p.j, p.h});
                        },
                        [](const Pair &p, const TextCall &) { return p.j <= p.i; }}});
}

void casesOfTextScores(Cases &cases) {
  functionsOfDistance(cases);
  functionsOfCaptures(cases);
}

} // namespace attn::numerics
