//===- Masks.cpp - masks written as text, by their formulas ---===//

#include "test/numerics/TextVariant.h"

#include <algorithm>
#include <cmath>

namespace attn::numerics {

static int64_t floorDivide(int64_t a, int64_t b) {
  return static_cast<int64_t>(std::floor(static_cast<double>(a) / static_cast<double>(b)));
}

/// The first of 2r + 1 places around `at` that lie within [0, count) where that has room for them.
static int64_t firstAround(int64_t at, int64_t reach, int64_t count) {
  return std::min(std::max<int64_t>(at - reach, 0), std::max<int64_t>(count - 2 * reach - 1, 0));
}

/// A random tree over the call's rows of each sequence: ancestors[n, t, u].
static TextParameter ancestors() {
  auto draw = [](const Problem &problem, Random &random) {
    int64_t nodes = std::max<int64_t>(1, *std::max_element(problem.queryLengths.begin(), problem.queryLengths.end()));
    Array result(ATTN_I1, {problem.batch, std::max<int64_t>(1, problem.rows), nodes});
    result.fill(0);
    for (int64_t n = 0; n < problem.batch; ++n) {
      int64_t first = problem.layout == Layout::packed ? problem.queryOffsets[n] : 0;
      for (int64_t t = 0; t < problem.queryLengths[n]; ++t) {
        int64_t parent = random.integer(-1, t - 1);
        for (int64_t u = 0; parent >= 0 && u < t; ++u)
          result.set({n, first + t, u}, result.at({n, first + parent, u}));
        result.set({n, first + t, t}, 1);
      }
    }
    return result;
  };
  return {"ancestors", ATTN_I1, 3, draw};
}

static void treesAndWindows(Cases &cases) {
  // Start bottom_right: what is in front of the call's rows is the context.
  auto context = [](const Problem &problem, Random &, const std::vector<int64_t> &at) {
    return std::max(0, problem.keyLengths[at[0]] - problem.queryLengths[at[0]]);
  };
  addTextCases(cases, {{"tree", "tree", {table("context", ATTN_I32, 1, perSequence, context), ancestors()}, nullptr,
                        [](const Pair &p, const TextCall &c) {
                          int64_t end = static_cast<int64_t>(c.load(0, {p.n}));
                          return p.j < end || c.load(1, {p.n, c.row(p), p.j - end}) != 0;
                        }}});

  std::vector<double> reaches = {0, 1, 2, 7, 31, 32, 64, 1000};
  addTextCases(cases, {{"neighborhood", "neighborhood", {drawn("reach", ATTN_I32, reaches)}, nullptr,
                        [](const Pair &p, const TextCall &c) {
                          int64_t reach = c.integer(0), begin = firstAround(p.i, reach, c.keys(p));
                          return begin <= p.j && p.j <= begin + 2 * reach;
                        }},
                       Start::value});
  std::vector<TextParameter> image = {drawn("height", ATTN_I32, {1, 4, 9, 16}), drawn("width", ATTN_I32, {1, 7, 8, 16}),
                                      drawn("reach", ATTN_I32, {0, 1, 2, 5})};
  addTextCases(cases, {{"neighborhood-2d", "neighborhood_2d", image, nullptr,
                        [](const Pair &p, const TextCall &c) {
                          int64_t height = c.integer(0), width = c.integer(1), reach = c.integer(2);
                          int64_t yi = floorDivide(p.i, width), yj = floorDivide(p.j, width);
                          int64_t xi = p.i - width * yi, xj = p.j - width * yj;
                          int64_t y = firstAround(yi, reach, height), x = firstAround(xi, reach, width);
                          return y <= yj && yj <= y + 2 * reach && x <= xj && xj <= x + 2 * reach;
                        }},
                       Start::value});
  auto prefix = [](const Problem &problem, Random &random, const std::vector<int64_t> &at) {
    return random.integer(0, problem.keyLengths[at[0]]);
  };
  addTextCases(cases, {{"prefix-window", "prefix_window",
                        {table("prefix", ATTN_I32, 1, perSequence, prefix),
                         drawn("window", ATTN_I32, {1, 2, 16, 17, 63, 64, 65, 1000})}, nullptr,
                        [](const Pair &p, const TextCall &c) {
                          return p.j < c.load(0, {p.n}) || (p.i - c.integer(1) < p.j && p.j <= p.i);
                        }},
                       Start::value});
}

static void stridesAndBlocks(Cases &cases) {
  std::vector<double> strides = {1, 2, 3, 16, 64, 65, 1000};
  addTextCases(cases, {{"strided", "strided", {drawn("stride", ATTN_I32, strides)}, nullptr,
                        [](const Pair &p, const TextCall &c) {
                          int64_t stride = c.integer(0), distance = p.i - p.j;
                          return distance >= 0 && (distance < stride || distance % stride == 0);
                        }},
                       Start::value});
  addTextCases(cases, {{"dilated-window", "dilated_window",
                        {drawn("reach", ATTN_I32, {0, 1, 3, 20}), drawn("dilation", ATTN_I32, {1, 2, 5, 64})}, nullptr,
                        [](const Pair &p, const TextCall &c) {
                          int64_t reach = c.integer(0), dilation = c.integer(1), distance = std::abs(p.i - p.j);
                          return distance <= reach * dilation && distance % dilation == 0;
                        }},
                       Start::value});
  addTextCases(cases, {{"block-diffusion", "block_diffusion",
                        {drawn("length", ATTN_I32, {1, 8, 60, 65}), drawn("size", ATTN_I32, {1, 4, 16, 100})}, nullptr,
                        [](const Pair &p, const TextCall &c) {
                          int64_t length = c.integer(0), size = c.integer(1);
                          bool isQueryClean = p.i >= length, isKeyClean = p.j >= length;
                          int64_t query = floorDivide(p.i - (isQueryClean ? length : 0), size);
                          int64_t key = floorDivide(p.j - (isKeyClean ? length : 0), size);
                          if (!isQueryClean && !isKeyClean)
                            return query == key;
                          if (!isQueryClean)
                            return key < query;
                          return isKeyClean && key <= query;
                        }}});
}

static void capturedNumbers(Cases &cases) {
  // A few documents in a row, the first positions of each in the first.
  auto positions = [](const Problem &problem) { return std::vector<int64_t>{problem.batch, longest(problem)}; };
  auto id = [](const Problem &, Random &, const std::vector<int64_t> &at) { return double((at[1] + 5 * at[0]) / 23); };
  addTextCases(cases, {{"documents", "documents", {table("ids", ATTN_I32, 2, positions, id)}, nullptr,
                        [](const Pair &p, const TextCall &c) {
                          return c.load(0, {p.n, p.i}) == c.load(0, {p.n, p.j}) && p.j <= p.i;
                        }}});

  auto rows = [](const Problem &problem) {
    return std::vector<int64_t>{problem.batch, std::max<int64_t>(1, problem.rows), problem.geometry.heads};
  };
  auto keys = [](const Problem &problem) {
    return std::vector<int64_t>{problem.batch, longest(problem), problem.geometry.heads};
  };
  auto bucket = [](const Problem &, Random &random, const std::vector<int64_t> &) { return random.integer(0, 3); };
  addTextCases(cases, {{"hashed", "hashed",
                        {table("q_buckets", ATTN_I32, 3, rows, bucket), table("k_buckets", ATTN_I32, 3, keys, bucket)},
                        nullptr,
                        [](const Pair &p, const TextCall &c) {
                          return c.load(0, {p.n, c.row(p), p.h}) == c.load(1, {p.n, p.j, p.h}) && p.j <= p.i;
                        }},
                       Start::value});
}

void casesOfTextMasks(Cases &cases) {
  treesAndWindows(cases);
  stridesAndBlocks(cases);
  capturedNumbers(cases);
}

} // namespace attn::numerics
