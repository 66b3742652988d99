//===- Oracle.cpp - a chain's formula, pair by pair ---===//

#include "test/numerics/FeatureMap.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace attn::numerics {

std::vector<Op *> Chain::ops() const {
  std::vector<Op *> result;
  if (operand)
    result.push_back(operand.get());
  if (featureMap)
    result.push_back(featureMap.get());
  else
    result.push_back(source.get());
  for (const auto &modifier : modifiers)
    result.push_back(modifier.get());
  if (!featureMap)
    result.push_back(closing.get());
  return result;
}

std::vector<Argument> Number::arguments() const {
  if (edges.empty())
    return {};
  return {{name, typeName(type), {}}};
}

std::vector<Array> Number::draw(Random &random) {
  if (edges.empty())
    return {};
  Array drawn = Array::scalar(type, edges[random.integer(0, static_cast<int64_t>(edges.size()) - 1)]);
  value = drawn.at(0);
  return {drawn};
}

std::string Number::definition() const {
  if (!edges.empty())
    return "";
  std::string literal = type == ATTN_F32 ? std::to_string(value) : std::to_string(static_cast<int64_t>(value));
  return "%" + name + " = arith.constant " + literal + " : " + typeName(type) + "\n  ";
}

static std::vector<double> widen(const Array &array) {
  std::vector<double> result(static_cast<size_t>(array.count()));
  for (int64_t i = 0; i < array.count(); ++i)
    result[i] = array.at(i);
  return result;
}

double LinearClosing::weigh(std::vector<double> &scores, std::optional<double>, int64_t) const {
  double sum = std::accumulate(scores.begin(), scores.end(), 0.0);
  if (mnemonic == "sum")
    for (double &w : scores)
      w = sum == 0 ? 0 : w / sum;
  return -HUGE_VAL;
}

/// What queries and keys are when they meet.
static Features mapFeatures(const Chain &chain, Features features) {
  for (std::vector<double> *side : {&features.query, &features.key})
    for (const auto &modifier : chain.modifiers)
      for (double &x : *side)
        x = modifier->feature(x);
  return features;
}

/// What each pair of features adds to a score.
static void meet(const Chain &chain, const double *query, const double *key, const Pair &pair,
                 std::vector<double> &terms) {
  chain.source->meet(query, key, terms);
  for (const auto &modifier : chain.modifiers)
    if (modifier->term(1, 1))
      for (size_t f = 0; f < terms.size(); ++f)
        terms[f] = *modifier->term(query[f], key[f]);
  chain.source->addParts(pair, terms);
}

/// One query row of one head.
static void evaluateRow(const Case &test, const Problem &problem, const Features &features,
                        const std::vector<double> &value, int64_t n, int64_t h, int64_t row, Expected &expected) {
  const Geometry &g = problem.geometry;
  int64_t keyHead = g.keyHead(h), valueHead = g.valueHead(h);
  std::vector<double> weights, fadings, factors, cancellations, terms;
  std::vector<int64_t> admitted;
  std::optional<double> sink;
  auto see = [&](double s) {
    if (std::isfinite(s))
      expected.largestScore = std::max(expected.largestScore, std::fabs(s));
  };
  for (const auto &modifier : test.chain.modifiers)
    if (modifier->hasSink()) {
      sink = modifier->sink(h);
      see(*sink);
    }
  for (int64_t j = 0; j < problem.keyLengths[n]; ++j) {
    Pair pair{n, h, problem.starts[n] + row, j, row};
    const auto &modifiers = test.chain.modifiers;
    if (!std::all_of(modifiers.begin(), modifiers.end(), [&](const auto &modifier) { return modifier->admits(pair); }))
      continue;
    terms.resize(static_cast<size_t>(g.width));
    meet(test.chain, &features.query[problem.queryAt(n, row, h)], &features.key[problem.keyAt(n, j, keyHead)], pair,
         terms);
    double s = test.chain.source->score(g, test.chain.scale, terms), factor = 1, fading = 0, cancellation = 1;
    for (double &term : terms)
      term = std::fabs(term);
    double size = std::fabs(test.chain.source->score(g, test.chain.scale, terms));
    for (const auto &modifier : modifiers) {
      constexpr double step = 1e-6;
      double next = modifier->score(s, pair), slope = std::fabs(modifier->score(s + step * size, pair) - next) / step;
      if (modifier->isSteep())
        see(std::min(slope, 64.0));
      // What it adds up inside is of the order of 1, what comes out may be less.
      size = std::max(std::fabs(next), slope + (modifier->isSteep() ? 1 : 0));
      s = next;
      factor *= modifier->factor(pair);
      fading += modifier->fading(pair);
    }
    if (test.chain.closing->isLinear() && s != 0)
      cancellation = size / std::fabs(s);
    if (std::exp(fading) > 0x1p-126)
      expected.largestFading = std::max(expected.largestFading, -fading);
    weights.push_back(s);
    fadings.push_back(std::exp(fading));
    factors.push_back(factor);
    cancellations.push_back(cancellation);
    admitted.push_back(j);
    see(s);
  }
  int64_t at = problem.outputAt(n, row, h);
  expected.lse[at] = test.chain.closing->weigh(weights, sink, problem.keyLengths[n]);
  double sum = 0;
  for (size_t index = 0; index < weights.size(); ++index)
    sum += weights[index] *= fadings[index];
  for (double &weight : weights)
    weight = !test.chain.closing->isSum() ? weight : sum == 0 ? 0 : weight / sum;
  for (size_t index = 0; index < admitted.size(); ++index) {
    const double *v = &value[test.chain.valueIsKey ? problem.keyAt(n, admitted[index], keyHead)
                                                   : problem.valueAt(n, admitted[index], valueHead)];
    // A factor that makes a weight vanish does not make its error smaller.
    double weight = std::fabs(weights[index]) * std::max(1.0, std::fabs(factors[index])) * cancellations[index];
    for (int64_t e = 0; e < g.valueWidth; ++e) {
      expected.output[at * g.valueWidth + e] += weights[index] * factors[index] * v[e];
      expected.weight[at * g.valueWidth + e] += weight * std::fabs(v[e]);
    }
  }
}

Expected evaluate(const Case &test, const Problem &problem) {
  if (test.chain.result != Result::output)
    return evaluateWeights(test, problem);
  Features features{widen(problem.query), widen(problem.key)};
  if (test.chain.operand)
    test.chain.operand->apply(problem, features);
  std::vector<double> value = test.chain.valueIsKey ? features.key : widen(problem.value);
  features = mapFeatures(test.chain, std::move(features));

  // Rows that belong to no query are 0, their log-sum-exp −∞.
  Expected expected;
  size_t rows = 1;
  for (int64_t size : problem.lseSizes())
    rows *= static_cast<size_t>(size);
  expected.lse.assign(rows, -HUGE_VAL);
  expected.output.assign(rows * problem.geometry.valueWidth, 0);
  expected.weight = expected.output;
  if (test.chain.featureMap) {
    test.chain.featureMap->evaluate(test, problem, expected);
    return expected;
  }
  for (int64_t n = 0; n < problem.batch; ++n)
    for (int64_t row = 0; row < problem.queryLengths[n]; ++row)
      for (int64_t h = 0; h < problem.geometry.heads; ++h)
        evaluateRow(test, problem, features, value, n, h, row, expected);
  return expected;
}

std::vector<Geometry> geometries() {
  // Heads, key heads, width, value width: groups of 1, 2, 3 and 8.
  return {
      {1, 1, 16, 16, ATTN_F32, ATTN_F32},   {4, 2, 40, 24, ATTN_F32, ATTN_F32},    {3, 1, 64, 64, ATTN_F32, ATTN_F32},
      {8, 1, 80, 128, ATTN_F32, ATTN_F32},  {2, 2, 128, 64, ATTN_F32, ATTN_F32},   {3, 3, 64, 64, ATTN_BF16, ATTN_BF16},
      {8, 1, 40, 40, ATTN_BF16, ATTN_BF16}, {2, 1, 128, 80, ATTN_BF16, ATTN_BF16}, {6, 2, 64, 64, ATTN_F32, ATTN_BF16},
      {4, 4, 16, 40, ATTN_F16, ATTN_F16},   {6, 2, 64, 64, ATTN_F16, ATTN_F16},    {4, 1, 128, 128, ATTN_F16, ATTN_F16},
      {6, 2, 80, 80, ATTN_BF16, ATTN_BF16},
  };
}

Geometry plain(attn_type_t type) { return {4, 2, 64, 64, type, type}; }

std::string nameOf(const Case &test) {
  const Geometry &geometry = test.geometry;
  static const char *const layouts[] = {"dense", "ragged", "packed"};
  static const char *const starts[] = {"top_left", "bottom_right", "start"};
  std::string values = geometry.ofValues ? "/" + std::to_string(geometry.ofValues) : "";
  std::string name = test.title + " h" + std::to_string(geometry.heads) + "/" + std::to_string(geometry.keyHeads) +
                     values + " d" + std::to_string(geometry.width) + " e" + std::to_string(geometry.valueWidth) + " " +
                     typeName(geometry.type);
  if (geometry.keyType != geometry.type)
    name += "/" + typeName(geometry.keyType);
  return name + " " + layouts[static_cast<int>(test.layout)] + " " + starts[static_cast<int>(test.start)];
}

Case makeCase(const std::string &title, const Geometry &geometry, Layout layout, Start start, Modifiers modifiers) {
  Case result;
  result.title = title;
  result.geometry = geometry;
  result.layout = layout;
  result.start = start;
  result.chain.modifiers = std::move(modifiers);
  result.name = nameOf(result);
  return result;
}

/// Whether a modifier says what features become, what pairs of them add, or what weights fade by.
static bool isOfCpuAlone(const Chain &chain) {
  return std::any_of(chain.modifiers.begin(), chain.modifiers.end(), [](const auto &modifier) {
    return modifier->feature(-1) != -1 || modifier->term(1, 1).has_value() || modifier->hasGates();
  });
}

Cases carriedBy(const std::string &architecture, const Cases &cases) {
  // sm_90a: whole swizzle atoms of 64 features.
  int64_t step = architecture == "sm_90a" ? 64 : 16;
  auto width = [&](int64_t wanted) { return (wanted + step - 1) / step * step; };
  Cases result;
  std::set<std::string> names;
  for (Case test : cases) {
    // Rotation is a kernel of its own, and so is what has a state; weights that know no bound may leave f16.
    bool isBounded = test.chain.closing->hasLse();
    if (test.chain.operand || test.chain.featureMap || !test.chain.source->isProduct() ||
        (!isBounded && test.geometry.type == ATTN_F16) || isOfCpuAlone(test.chain))
      continue;
    Geometry &geometry = test.geometry;
    geometry.type = geometry.keyType = geometry.type == ATTN_F16 ? ATTN_F16 : ATTN_BF16;
    geometry.width = width(geometry.width);
    geometry.valueWidth = width(geometry.valueWidth);
    test.roundsWeights = true;
    test.name = nameOf(test);
    if (names.insert(test.name).second)
      result.push_back(std::move(test));
  }
  return result;
}

} // namespace attn::numerics
