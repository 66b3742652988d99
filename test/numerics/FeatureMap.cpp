//===- FeatureMap.cpp - weights that are products of features, in double ---===//

#include "test/numerics/FeatureMap.h"

#include <algorithm>
#include <cmath>

namespace attn::numerics {

using Gates = FeatureMapForm::Gates;

FeatureMapForm FeatureMapForm::linear() {
  FeatureMapForm form;
  form.source = "linear";
  form.closing = "sum";
  form.epsilon = 1e-6;
  return form;
}

FeatureMapForm FeatureMapForm::power(int64_t degree) {
  FeatureMapForm form;
  form.source = "power";
  form.closing = degree % 2 == 0 ? "sum" : "none";
  form.degree = degree;
  return form;
}

FeatureMapForm FeatureMapForm::retention(Gates gates) {
  FeatureMapForm form;
  form.source = "retention";
  form.gates = gates;
  return form;
}

static int64_t featuresOf(const Geometry &geometry, int64_t degree) {
  int64_t result = 1;
  for (int64_t k = 1; k <= degree; ++k)
    result = result * (geometry.width + k - 1) / k;
  return result;
}

int64_t FeatureMap::stateSize(const Geometry &g) const { return featuresOf(g, power()) * (g.valueWidth + 1); }

//===----------------------------------------------------------------------===//
// Text and operands
//===----------------------------------------------------------------------===//

std::vector<std::string> FeatureMap::stateTypes(const Geometry &g) const {
  if (!form.hasState)
    return {};
  std::string lead = "tensor<?x" + std::to_string(g.keyHeads) + "x" + std::to_string(featuresOf(g, power()));
  std::vector<std::string> result = {lead + "x" + std::to_string(g.valueWidth) + "xf32>"};
  if (isSum())
    result.push_back(lead + "xf32>");
  return result;
}

std::vector<Argument> FeatureMap::arguments(const Geometry &g) const {
  std::vector<Argument> result;
  std::string heads = std::to_string(g.keyHeads);
  if (form.gates == Gates::fixed)
    result.push_back({"gates", "tensor<" + heads + "xf32>", {heads}});
  if (form.gates == Gates::data) // Of dense and ragged cases.
    result.push_back({"gates", "tensor<?x?x" + heads + "xf32>", {"B", "S", heads}});
  std::vector<std::string> types = stateTypes(g);
  for (size_t part = 0; part < types.size(); ++part) {
    std::vector<std::string> dims = {"B", heads, std::to_string(featuresOf(g, power())), std::to_string(g.valueWidth)};
    dims.resize(4 - part);
    result.push_back({part == 0 ? "U0" : "u0", types[part], dims});
  }
  return result;
}

std::string FeatureMap::sourceText(const std::string &query, const std::string &key, const std::string &types,
                                   const Geometry &g) const {
  bool fades = form.gates != Gates::none;
  std::string text = " = attn." + form.source + " " + query + ", " + key;
  if (form.source == "power")
    text += " degree " + std::to_string(form.degree);
  std::string before;
  if (form.scale) {
    char number[32];
    std::snprintf(number, sizeof(number), "%.9e", *form.scale);
    before = "%scale = arith.constant " + std::string(number) + " : f32\n  ";
    text += " scale %scale";
  }
  if (!form.feature.empty())
    text += " feature \"" + form.feature + "\"";
  text += " : " + types;
  return before + "%" + std::string(fades ? "source" : "scores_0") + text +
         (fades ? "\n  %scores_0 = attn.decay %source by %gates : " + arguments(g).front().type : "");
}

std::string FeatureMap::closingText(const std::string &scores, const std::string &valueType,
                                    const std::string &outputType, const Geometry &g) const {
  std::vector<std::string> types = stateTypes(g);
  std::string results = "%output", state, final;
  for (size_t part = 0; part < types.size(); ++part) {
    results += part == 0 ? ", %U" : ", %u";
    state += (part ? ", " : "") + types[part];
  }
  std::string text = results + " = attn." + form.closing + " " + scores + ", %value";
  if (form.epsilon)
    text += " epsilon " + std::to_string(*form.epsilon);
  if (!types.empty())
    text += std::string(" state(%U0") + (types.size() > 1 ? ", %u0" : "") + " : " + state + ")";
  text += " in %sequences";
  if (!form.form.empty())
    text += " form \"" + form.form + "\"";
  return text + " : " + valueType + " -> " + outputType + (types.empty() ? "" : " final " + state);
}

std::vector<Array> FeatureMap::stateResults(const Problem &problem) const {
  if (!form.hasState)
    return {};
  const Geometry &g = problem.geometry;
  int64_t features = featuresOf(g, power());
  std::vector<Array> result = {Array(ATTN_F32, {problem.batch, g.keyHeads, features, g.valueWidth})};
  if (isSum())
    result.push_back(Array(ATTN_F32, {problem.batch, g.keyHeads, features}));
  return result;
}

/// Mostly gentle gates, some that forget nothing, and with `forgets` some that forget all: not where the keys behind
/// one may be hidden, for weights that are all below f32 have no sum.
static double drawGate(Random &random, bool forgets) {
  if (forgets && random.chance(0.05))
    return random.chance(0.5) ? -HUGE_VAL : -200;
  return random.chance(0.1) ? 0 : -std::fabs(random.normal()) / 4;
}

std::vector<Array> FeatureMap::draw(const Problem &problem, Random &random) {
  const Geometry &g = problem.geometry;
  std::vector<Array> result;
  auto fillGates = [&](Array &array) {
    for (int64_t index = 0; index < array.count(); ++index)
      array.set(index, drawGate(random, form.forgets));
  };
  if (form.gates == Gates::fixed) {
    gates = Array(ATTN_F32, {g.keyHeads});
    for (int64_t head = 0; head < g.keyHeads; ++head)
      gates.set(head, form.fixedGate.value_or(std::log(1 - std::exp2(-3.0 - static_cast<double>(head)))));
    result.push_back(gates);
  } else if (form.gates == Gates::data) {
    gates = Array(ATTN_F32, {problem.batch, problem.keys, g.keyHeads});
    fillGates(gates);
    result.push_back(gates);
  }
  if (!form.hasState)
    return result;
  pastKeys = Array(ATTN_F32, {problem.batch, past, g.keyHeads, g.width});
  pastValues = Array(ATTN_F32, {problem.batch, past, g.keyHeads, g.valueWidth});
  pastGates = Array(ATTN_F32, {problem.batch, past, g.keyHeads});
  for (Array *array : {&pastKeys, &pastValues})
    for (int64_t index = 0; index < array->count(); ++index)
      array->set(index, random.normal());
  for (int64_t index = 0; index < pastGates.count(); ++index)
    pastGates.set(index, form.gates == Gates::none    ? 0
                         : form.gates == Gates::fixed ? gates.at(index % g.keyHeads)
                                                      : drawGate(random, form.forgets));

  std::vector<Array> state = stateResults(problem);
  int64_t features = featuresOf(g, power());
  for (int64_t n = 0; n < problem.batch; ++n)
    for (int64_t head = 0; head < g.keyHeads; ++head) {
      Row sums(features * g.valueWidth, 0), sum(features, 0);
      for (int64_t j = 0; j < past; ++j) {
        double fade = 0;
        for (int64_t later = j + 1; later < past; ++later)
          fade += pastGates.at({n, later, head});
        int64_t at = (n * past + j) * g.keyHeads + head;
        Row phi = expandPower(mapped(pastKeys, at * g.width, g.width), power(), /*isKey=*/true), value(g.valueWidth);
        for (int64_t e = 0; e < g.valueWidth; ++e)
          value[e] = pastValues.at(at * g.valueWidth + e);
        for (int64_t f = 0; f < features; ++f) {
          double w = std::exp(fade) * phi[f];
          sum[f] += w;
          for (int64_t e = 0; e < g.valueWidth; ++e)
            sums[f * g.valueWidth + e] += w * value[e];
        }
      }
      int64_t first = (n * g.keyHeads + head) * features;
      for (int64_t f = 0; f < features; ++f) {
        if (isSum())
          state[1].set(first + f, sum[f]);
        for (int64_t e = 0; e < g.valueWidth; ++e)
          state[0].set((first + f) * g.valueWidth + e, sums[f * g.valueWidth + e]);
      }
    }
  for (Array &part : state)
    result.push_back(std::move(part));
  return result;
}

//===----------------------------------------------------------------------===//
// The formula
//===----------------------------------------------------------------------===//

FeatureMap::Row FeatureMap::mapped(const Array &array, int64_t at, int64_t width) const {
  Row row(width);
  for (int64_t f = 0; f < width; ++f)
    row[f] = array.at(at + f);
  if (form.source == "linear")
    for (double &x : row)
      x = linearFeature(form.feature, x);
  return row;
}

double FeatureMap::scale(const Geometry &g) const {
  return form.scale ? *form.scale : form.source == "linear" ? 1 : 1 / std::sqrt(static_cast<double>(g.width));
}

double FeatureMap::pastValue(const Problem &problem, int64_t at, int64_t e) const {
  return problem.areValuesColumns ? 0 : pastValues.at(at * problem.geometry.valueWidth + e);
}

/// Positions before the call are −past … −1.
double FeatureMap::fading(const Problem &problem, int64_t n, int64_t keyHead, int64_t j, int64_t i) const {
  double sum = 0;
  for (int64_t position = j + 1; position <= i && form.gates != Gates::none; ++position) {
    if (position < 0)
      sum += pastGates.at({n, past + position, keyHead});
    else if (form.gates == Gates::fixed)
      sum += gates.at(keyHead);
    else if (position < problem.keyLengths[n])
      sum += gates.at({n, position, keyHead});
  }
  return sum;
}

static double product(const std::vector<double> &x, const std::vector<double> &y) {
  double sum = 0;
  for (size_t f = 0; f < x.size(); ++f)
    sum += x[f] * y[f];
  return sum;
}

void FeatureMap::evaluateRow(const Case &test, const Problem &problem, int64_t n, int64_t h, int64_t row,
                             Expected &expected) const {
  const Geometry &g = problem.geometry;
  int64_t keyHead = h / (g.heads / g.keyHeads), i = problem.starts[n] + row, at = problem.outputAt(n, row, h);
  double degree = static_cast<double>(power()), sum = 0, unit = scale(g);
  Row query = mapped(problem.query, problem.queryAt(n, row, h), g.width), output(g.valueWidth, 0), weight = output;
  double ofQuery = product(query, query);
  struct Met {
    double weight, most, gates, factor; ///< what the weight and its bound are before they fade
    bool isPast;
    int64_t at; ///< of its value
  };
  std::vector<Met> met;
  for (int64_t j = form.hasState ? -past : 0; j < problem.keyLengths[n]; ++j) {
    bool admits = true;
    for (const auto &modifier : test.chain.modifiers)
      admits = admits && (j < 0 || modifier->admits(Pair{n, h, i, j, row}));
    if (!admits)
      continue;
    bool isPast = j < 0;
    int64_t pastAt = (n * past + past + j) * g.keyHeads + keyHead;
    Row key = isPast ? mapped(pastKeys, pastAt * g.width, g.width)
                     : mapped(problem.key, problem.keyAt(n, j, keyHead), g.width);
    double score = unit * product(query, key), factor = 1;
    for (const auto &modifier : test.chain.modifiers) {
      score = isPast ? score : modifier->score(score, Pair{n, h, i, j, row});
      factor *= isPast ? 1 : modifier->factor(Pair{n, h, i, j, row});
    }
    double bound = std::max(unit * std::sqrt(ofQuery * product(key, key)), std::fabs(score));
    // What precedes the call fades by the gates up to the query, by none for a query before the first key.
    double gatesBetween = fading(problem, n, keyHead, j, isPast ? std::max<int64_t>(i, -1) : i);
    int64_t valueAt = isPast ? pastAt : problem.valueAt(n, j, keyHead);
    met.push_back({std::pow(score, degree), std::pow(bound, degree), gatesBetween, factor, isPast, valueAt});
  }
  // Over the sum alone, what all keys fade by has no effect.
  double common = -HUGE_VAL;
  for (const Met &key : met)
    if (key.weight != 0)
      common = std::max(common, key.gates);
  common = isSum() && !form.epsilon && std::isfinite(common) ? common : 0;
  for (const Met &key : met) {
    double fade = std::exp(key.gates - common), w = fade == 0 ? 0 : key.weight * fade;
    if (fade > 0x1p-126)
      expected.largestFading = std::max(expected.largestFading, common - key.gates);
    sum += w;
    for (int64_t e = 0; e < g.valueWidth; ++e) {
      double v = key.isPast ? pastValue(problem, key.at, e) : problem.value.at(key.at + e);
      output[e] += w * key.factor * v;
      weight[e] += fade * key.most * std::max(1.0, std::fabs(key.factor)) * std::fabs(v);
    }
  }
  double inverse = isSum() ? inverseOfSum(sum, form.epsilon.value_or(0)) : 1;
  for (int64_t e = 0; e < g.valueWidth; ++e) {
    expected.output[at * g.valueWidth + e] = output[e] * inverse;
    expected.weight[at * g.valueWidth + e] = weight[e] * std::fabs(inverse);
  }
}

void FeatureMap::evaluateState(const Case &test, const Problem &problem, int64_t n, int64_t keyHead,
                               Expected &expected) const {
  const Geometry &g = problem.geometry;
  int64_t features = featuresOf(g, power()), first = (n * g.keyHeads + keyHead) * features;
  for (int64_t j = -past; j < problem.keyLengths[n]; ++j) {
    bool isPast = j < 0, admits = true;
    for (const auto &modifier : test.chain.modifiers) // Of keys alone, at the key's own position.
      admits = admits && (isPast || modifier->admits(Pair{n, keyHead * (g.heads / g.keyHeads), j, j, 0}));
    if (!admits)
      continue;
    int64_t pastAt = (n * past + past + j) * g.keyHeads + keyHead;
    Row key = isPast ? mapped(pastKeys, pastAt * g.width, g.width)
                     : mapped(problem.key, problem.keyAt(n, j, keyHead), g.width);
    Row phi = expandPower(key, power(), /*isKey=*/true), value(g.valueWidth);
    for (int64_t e = 0; e < g.valueWidth; ++e)
      value[e] = isPast ? pastValue(problem, pastAt, e) : problem.value.at(problem.valueAt(n, j, keyHead) + e);
    double fade = std::exp(fading(problem, n, keyHead, j, problem.keyLengths[n] - 1));
    for (int64_t f = 0; f < features; ++f) {
      double w = fade * phi[f];
      if (isSum()) {
        expected.finals[1][first + f] += w;
        expected.finalWeights[1][first + f] += std::fabs(w);
      }
      double *sums = &expected.finals[0][(first + f) * g.valueWidth];
      double *weights = &expected.finalWeights[0][(first + f) * g.valueWidth];
      for (int64_t e = 0; e < g.valueWidth; ++e) {
        sums[e] += w * value[e];
        weights[e] += std::fabs(w * value[e]);
      }
    }
  }
}

void FeatureMap::evaluate(const Case &test, const Problem &problem, Expected &expected) const {
  bool leavesState = form.hasState && !problem.areValuesColumns; // The state is of the values themselves.
  for (const Array &part : leavesState ? stateResults(problem) : std::vector<Array>()) {
    expected.finals.emplace_back(static_cast<size_t>(part.count()), 0.0);
    expected.finalWeights.emplace_back(static_cast<size_t>(part.count()), 0.0);
  }
  for (int64_t n = 0; n < problem.batch; ++n) {
    for (int64_t row = 0; row < problem.queryLengths[n]; ++row)
      for (int64_t h = 0; h < problem.geometry.heads; ++h)
        evaluateRow(test, problem, n, h, row, expected);
    for (int64_t head = 0; leavesState && head < problem.geometry.keyHeads; ++head)
      evaluateState(test, problem, n, head, expected);
  }
}

Case makeCase(const std::string &title, const Geometry &geometry, Layout layout, Start start, FeatureMapForm form,
              Modifiers modifiers) {
  std::string fullTitle = title;
  if (form.hasState)
    fullTitle += " state";
  if (!form.form.empty())
    fullTitle += " " + form.form;
  Case result = makeCase(fullTitle, geometry, layout, start, std::move(modifiers));
  result.chain.lse = false;
  result.chain.closing = std::make_shared<LinearClosing>(form.closing);
  result.chain.featureMap = std::make_shared<FeatureMap>(std::move(form));
  return result;
}

} // namespace attn::numerics
