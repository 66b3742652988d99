//===- Problem.cpp - one call of attention: what goes in, and where it stands ---===//

#include "test/numerics/Problem.h"

#include <cmath>

namespace attn::numerics {

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

int64_t Problem::queryAt(int64_t n, int64_t r, int64_t head) const {
  int64_t row = layout == Layout::packed ? queryOffsets[n] + r : n * rows + r;
  return (row * geometry.heads + head) * geometry.width;
}

static int64_t keyRow(const Problem &problem, int64_t n, int64_t j) {
  return problem.layout == Layout::packed ? problem.keyOffsets[n] + j : n * problem.keys + j;
}

int64_t Problem::keyAt(int64_t n, int64_t j, int64_t keyHead) const {
  return (keyRow(*this, n, j) * geometry.keyHeads + keyHead) * geometry.width;
}

int64_t Problem::valueAt(int64_t n, int64_t j, int64_t valueHead) const {
  return (keyRow(*this, n, j) * geometry.valueHeads() + valueHead) * geometry.valueWidth;
}

int64_t Problem::outputAt(int64_t n, int64_t r, int64_t head) const {
  int64_t row = layout == Layout::packed ? queryOffsets[n] + r : n * rows + r;
  return row * geometry.heads + head;
}

std::vector<int64_t> Problem::outputSizes() const {
  if (layout == Layout::packed)
    return {rows, geometry.heads, geometry.valueWidth};
  return {batch, rows, geometry.heads, geometry.valueWidth};
}

std::vector<int64_t> Problem::lseSizes() const {
  if (layout == Layout::packed)
    return {rows, geometry.heads};
  return {batch, rows, geometry.heads};
}

//===----------------------------------------------------------------------===//
// Making one
//===----------------------------------------------------------------------===//

static void drawLengths(Problem &problem, const Lengths &lengths, Random &random) {
  for (int64_t n = 0; n < lengths.batch; ++n) {
    bool whole = problem.layout == Layout::dense || n == 0;
    problem.queryLengths.push_back(whole ? lengths.rows : random.integer(0, lengths.rows));
    problem.keyLengths.push_back(whole ? lengths.keys : random.integer(0, lengths.keys));
  }
  if (problem.layout != Layout::packed) {
    problem.rows = lengths.rows;
    problem.keys = lengths.keys;
    return;
  }
  problem.queryOffsets = problem.keyOffsets = {0};
  for (int64_t n = 0; n < lengths.batch; ++n) {
    problem.queryOffsets.push_back(problem.queryOffsets.back() + problem.queryLengths[n]);
    problem.keyOffsets.push_back(problem.keyOffsets.back() + problem.keyLengths[n]);
  }
  // A few rows belong to no sequence.
  problem.rows = problem.queryOffsets.back() + random.integer(0, 3);
  problem.keys = problem.keyOffsets.back() + random.integer(0, 3);
}

static void drawStarts(Problem &problem, Start start, Random &random) {
  for (int64_t n = 0; n < problem.batch; ++n) {
    int32_t free = problem.keyLengths[n] - problem.queryLengths[n];
    switch (start) {
    case Start::topLeft:
      problem.starts.push_back(0);
      break;
    case Start::bottomRight:
      problem.starts.push_back(free);
      break;
    case Start::value: // Before the first key and past the last one too.
      problem.starts.push_back(static_cast<int32_t>(random.integer(-5, problem.keyLengths[n] + 5)));
      break;
    }
  }
}

Problem makeProblem(const Geometry &geometry, Layout layout, Start start, const Lengths &lengths, Random &random) {
  Problem problem;
  problem.geometry = geometry;
  problem.layout = layout;
  problem.batch = lengths.batch;
  drawLengths(problem, lengths, random);
  drawStarts(problem, start, random);

  std::vector<int64_t> lead = {problem.batch, problem.rows}, keyLead = {problem.batch, problem.keys};
  if (layout == Layout::packed)
    lead = {problem.rows}, keyLead = {problem.keys};
  auto array = [](attn_type_t type, std::vector<int64_t> sizes, int64_t heads, int64_t width) {
    sizes.insert(sizes.end(), {heads, width});
    Array result(type, sizes);
    result.fill(std::nan("")); // What lies outside the lengths must reach nothing.
    return result;
  };
  problem.query = array(geometry.type, lead, geometry.heads, geometry.width);
  problem.key = array(geometry.keyType, keyLead, geometry.keyHeads, geometry.width);
  problem.value = array(geometry.keyType, keyLead, geometry.valueHeads(), geometry.valueWidth);

  for (int64_t n = 0; n < problem.batch; ++n) {
    for (int64_t r = 0; r < problem.queryLengths[n]; ++r)
      for (int64_t i = 0, at = problem.queryAt(n, r, 0); i < geometry.heads * geometry.width; ++i)
        // Some rows are 0: all scores then are, which a sum of them must not be divided by.
        problem.query.set(at + i, r % 19 == 7 ? 0 : random.normal());
    for (int64_t j = 0; j < problem.keyLengths[n]; ++j) {
      for (int64_t i = 0, at = problem.keyAt(n, j, 0); i < geometry.keyHeads * geometry.width; ++i)
        problem.key.set(at + i, random.normal());
      for (int64_t i = 0, at = problem.valueAt(n, j, 0); i < geometry.valueHeads() * geometry.valueWidth; ++i)
        problem.value.set(at + i, random.normal());
    }
  }
  return problem;
}

Array pack(const Array &rows, const std::vector<int32_t> &lengths) {
  std::vector<int64_t> sizes = rows.sizes();
  int64_t row = sizes[2] * sizes[3], total = 2, next = 0;
  for (int32_t length : lengths)
    total += length;
  Array packed(rows.type(), {total, sizes[2], sizes[3]});
  packed.fill(std::nan(""));
  for (int64_t n = 0; n < sizes[0]; ++n)
    for (int64_t i = 0; i < lengths[n] * row; ++i)
      packed.set(next++, rows.at(n * sizes[1] * row + i));
  return packed;
}

std::optional<std::string> unpack(const Array &packed, const std::vector<int32_t> &lengths, Array &rows) {
  int64_t row = rows.sizes()[2] * rows.sizes()[3], next = 0;
  rows.fill(0);
  for (int64_t n = 0; n < rows.sizes()[0]; ++n)
    for (int64_t i = 0; i < lengths[n] * row; ++i)
      rows.set(n * rows.sizes()[1] * row + i, packed.at(next++));
  for (; next < packed.count(); ++next)
    if (packed.at(next) != 0)
      return "a row of no sequence holds " + std::to_string(packed.at(next));
  return std::nullopt;
}

} // namespace attn::numerics
