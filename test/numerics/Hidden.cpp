//===- Hidden.cpp - what a mask hides reaches nothing, whatever it holds ---===//
//
// The key of one position of each sequence, and its value, become NaN. Rows that do not admit it must be what they
// were, in each bit, and so must the state of a head whose keys are masked there.
//
//===----------------------------------------------------------------------===//

#include "test/numerics/FeatureMap.h"
#include "test/numerics/Harness.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace attn::numerics {

namespace {

/// A key of each sequence, or −1 of one that has none.
std::vector<int64_t> choose(const Problem &problem, Random &random) {
  std::vector<int64_t> chosen;
  for (int32_t length : problem.keyLengths)
    chosen.push_back(length ? random.integer(0, length - 1) : -1);
  return chosen;
}

bool isAdmitted(const Case &test, const Pair &pair) {
  const auto &modifiers = test.chain.modifiers;
  return std::all_of(modifiers.begin(), modifiers.end(), [&](const auto &modifier) { return modifier->admits(pair); });
}

bool areEqual(const Array &before, const Array &after, int64_t from, int64_t count) {
  size_t size = attn_type_size(before.type());
  return !std::memcmp(&before.bytes()[from * size], &after.bytes()[from * size], count * size);
}

} // namespace

std::optional<std::string> checkHidden(const Case &test, const Problem &problem, Program &program,
                                       std::vector<Array> inputs, const std::vector<Array> &before, Random &random) {
  const Geometry &g = problem.geometry;
  std::vector<int64_t> chosen = choose(problem, random);
  for (int64_t n = 0; n < problem.batch; ++n)
    if (chosen[n] >= 0) {
      for (int64_t f = 0; f < g.keyHeads * g.width; ++f)
        inputs[1].set(problem.keyAt(n, chosen[n], 0) + f, std::nan(""));
      for (int64_t e = 0; e < g.valueHeads() * g.valueWidth; ++e)
        inputs[2].set(problem.valueAt(n, chosen[n], 0) + e, std::nan(""));
    }
  std::vector<Array> after = before;
  if (std::optional<std::string> failure = program.run(inputs, after))
    return failure;

  auto differs = [&](const char *what, int64_t n, int64_t row, int64_t head) {
    return std::string(what) + " of row " + std::to_string(row) + ", head " + std::to_string(head) + " of sequence " +
           std::to_string(n) + " changes with key " + std::to_string(chosen[n]) + ", which is hidden from it";
  };
  Result result = test.chain.result;
  for (int64_t n = 0; n < problem.batch; ++n) {
    if (chosen[n] < 0)
      continue;
    for (int64_t row = 0; row < problem.queryLengths[n]; ++row) {
      bool hasSeen = false;
      for (int64_t h = 0; h < g.heads; ++h) {
        bool sees = isAdmitted(test, {n, h, problem.starts[n] + row, chosen[n], row});
        hasSeen |= sees;
        int64_t at = problem.outputAt(n, row, h), ofWeights = ((n * g.heads + h) * problem.rows + row) * problem.keys;
        if (sees || result == Result::meanWeights)
          continue;
        if (result == Result::weights && !areEqual(before[0], after[0], ofWeights, problem.keys))
          return differs("the weights", n, row, h);
        if (result == Result::output && !areEqual(before[0], after[0], at * g.valueWidth, g.valueWidth))
          return differs("the output", n, row, h);
        if (test.chain.hasLse() && !areEqual(before[1], after[1], at, 1))
          return differs("the log-sum-exp", n, row, h);
      }
      int64_t ofMean = (n * problem.rows + row) * problem.keys;
      if (!hasSeen && result == Result::meanWeights && !areEqual(before[0], after[0], ofMean, problem.keys))
        return differs("the mean weights", n, row, 0);
    }
    for (size_t part = 1; test.chain.featureMap && part < before.size(); ++part)
      for (int64_t head = 0; head < g.keyHeads; ++head) {
        int64_t count = before[part].count() / problem.batch / g.keyHeads, at = (n * g.keyHeads + head) * count;
        bool sees = isAdmitted(test, {n, head * (g.heads / g.keyHeads), chosen[n], chosen[n], 0});
        if (!sees && !areEqual(before[part], after[part], at, count))
          return differs("the state", n, -1, head);
      }
  }
  return std::nullopt;
}

} // namespace attn::numerics
