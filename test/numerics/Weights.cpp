//===- Weights.cpp - weights in place of the output, by the same formulas ---===//
//
// Weights are what values are multiplied by: the output for values that are rows of the identity, of key j a 1 in place
// j. So each formula of an oracle is one for weights, too, and each weight is held to its own size.
//
//===----------------------------------------------------------------------===//

#include "test/numerics/Oracle.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace attn::numerics {

std::vector<int64_t> weightsSizes(const Case &test, const Problem &problem) {
  if (test.chain.result == Result::meanWeights)
    return {problem.batch, problem.rows, problem.keys};
  return {problem.batch, problem.geometry.heads, problem.rows, problem.keys};
}

/// The problem with the identity for values.
static Problem withIdentity(const Problem &problem) {
  Problem result = problem;
  result.areValuesColumns = true;
  Geometry &geometry = result.geometry;
  geometry.valueWidth = problem.keys;
  result.value = Array(ATTN_F32, {problem.batch, problem.keys, geometry.valueHeads(), problem.keys});
  for (int64_t n = 0; n < problem.batch; ++n)
    for (int64_t j = 0; j < problem.keys; ++j)
      for (int64_t head = 0; head < geometry.valueHeads(); ++head)
        result.value.set({n, j, head, j}, 1);
  return result;
}

Expected evaluateWeights(Case test, const Problem &problem) {
  Result asked = test.chain.result;
  test.chain.result = Result::output;
  test.chain.valueIsKey = false;
  Expected byRow = evaluate(test, withIdentity(problem)), expected;
  // A single weight is as exact as the sum of gates that it is the exponential of, which counts as a score does.
  expected.largestScore = std::max(byRow.largestScore, byRow.largestFading);
  if (test.chain.featureMap) {
    Expected whole = evaluate(test, problem);
    expected.finals = std::move(whole.finals), expected.finalWeights = std::move(whole.finalWeights);
  }
  int64_t heads = problem.geometry.heads;
  bool isMean = asked == Result::meanWeights;
  double share = isMean ? 1 / static_cast<double>(heads) : 1;
  // Below the least number that f32 holds with all its bits, over a sum that may be small, a weight may be 0.
  expected.output.assign(byRow.output.size() / (isMean ? heads : 1), 0);
  expected.weight.assign(expected.output.size(), 0x1p-90);
  for (int64_t n = 0; n < problem.batch; ++n)
    for (int64_t row = 0; row < problem.rows; ++row)
      for (int64_t h = 0; h < heads; ++h)
        for (int64_t j = 0; j < problem.keys; ++j) {
          int64_t from = problem.outputAt(n, row, h) * problem.keys + j;
          int64_t to = ((isMean ? n : n * heads + h) * problem.rows + row) * problem.keys + j;
          expected.output[to] += share * byRow.output[from];
          expected.weight[to] += share * byRow.weight[from];
        }
  return expected;
}

/// Whether the weights of a row add up to 1.
static bool addUp(const Case &test) {
  const auto &modifiers = test.chain.modifiers;
  return !test.chain.featureMap && test.chain.closing->hasLse() &&
         std::none_of(modifiers.begin(), modifiers.end(), [](const auto &modifier) {
           return modifier->hasSink() || modifier->factor({0, 0, 0, 0, 0}) != 1;
         });
}

std::optional<std::string> checkSums(const Case &test, const Problem &problem, const Array &weights) {
  if (!addUp(test))
    return std::nullopt;
  for (int64_t row = 0; row * problem.keys < weights.count(); ++row) {
    double sum = 0,
           share = test.chain.result == Result::meanWeights ? 1 / static_cast<double>(problem.geometry.heads) : 1;
    for (int64_t j = 0; j < problem.keys; ++j)
      sum += weights.at(row * problem.keys + j);
    // A row without a key has none; of a mean, some heads may be without.
    double heads = std::round(sum / share);
    if (std::fabs(sum - heads * share) > 1e-5 || heads * share > 1 + 1e-5)
      return "weights of row " + std::to_string(row) + " add up to " + std::to_string(sum);
  }
  return std::nullopt;
}

/// Of everything that a kernel of weights does another way: each weighting and normaliser, regions, parts, gates,
/// types.
static const char *const sampled[] = {
    "causal h1/1 d16 e16 f32",
    "causal h8/1 d80 e128 f32",
    "causal h3/3 d64 e64 bf16",
    "causal h6/2 d64 e64 f32/bf16",
    "causal h4/4 d16 e40 f16",
    "dot_product h4/2",
    "softcap alibi causal window h9/3 d64 e64 f32",
    "sink causal",
    "masked (n t s)",
    "masked (n h t s)",
    "biased (n t s)",
    "global_local",
    "block c",
    "dropout p h4/2 d64 e64 f32",
    "dropout 0.5 causal",
    "softmax spread",
    "sigmoid h4/2 d64 e64 f32",
    "sigmoid causal",
    "relu squared h4/2 d64 e64 f32",
    "linear causal h4/2",
    "linear exp",
    "power 2 h4/2",
    "power 2 causal quadratic",
    "power 3 causal",
    "retention causal h4/2",
    "decay linear quadratic",
    "decay power 2 masked quadratic",
    "latent value h8/1 d64 e64 f32",
    "latent h6/2",
    "additive alibi",
    "decay additive",
    "sum linear state quadratic",
    "sum gated linear state",
    "sum power 2 state chunked",
    "sum gated power 2 state recurrent",
    "sum gated power 4 state",
    "none gated power 2 state",
    "decay power 2 masked state quadratic",
};

Cases weightsOf(Cases cases, bool whole) {
  Cases result;
  auto add = [&](Case test, Result asked) {
    test.chain.result = asked;
    test.chain.lse = false;
    test.title = (asked == Result::weights ? "weights " : "mean weights ") + test.title;
    test.name = nameOf(test);
    result.push_back(std::move(test));
  };
  auto isOfPairs = [](const Case &test) { return test.layout != Layout::packed && !test.chain.operand; };
  if (whole) {
    for (size_t index = 0; index < cases.size(); ++index)
      if (isOfPairs(cases[index]))
        add(cases[index], index % 3 == 2 ? Result::meanWeights : Result::weights);
    return result;
  }
  size_t number = 0;
  for (const char *name : sampled) {
    auto found = std::find_if(cases.begin(), cases.end(), [&](const Case &test) {
      return isOfPairs(test) && test.name.compare(0, std::char_traits<char>::length(name), name) == 0;
    });
    if (found == cases.end()) {
      std::fprintf(stderr, "attn-numerics: no case begins with '%s', whose weights are sampled\n", name);
      std::abort();
    }
    add(*found, number++ % 3 == 2 ? Result::meanWeights : Result::weights);
  }
  return result;
}

} // namespace attn::numerics
