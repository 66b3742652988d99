//===- Harness.cpp - compiles a case once, runs it on many lengths, compares ---===//

#include "test/numerics/Harness.h"
#include "test/numerics/FeatureMap.h"

#include <cmath>
#include <cstdio>

namespace attn::numerics {

//===----------------------------------------------------------------------===//
// Comparing
//===----------------------------------------------------------------------===//

double tolerance(const Case &test, const Geometry &geometry, double largestScore) {
  // One rounding of the output and what f32 adds; on a GPU one of the weights too, each by 2⁻⁸ or 2⁻¹¹ at the most.
  auto one = [&](attn_type_t type) {
    if (type != ATTN_F32)
      return type == ATTN_BF16 ? 8e-3 : 1e-3;
    if (test.roundsWeights) // Exponentials of GPUs are approximations.
      return 1e-5;
    // A score is a sum of products: its rounding grows with their number.
    return (test.chain.featureMap ? 2e-6 : test.chain.source->rounding()) *
           std::max(1.0, std::sqrt(static_cast<double>(geometry.width) / 64));
  };
  return std::max(one(geometry.type), one(geometry.keyType)) * (1 + largestScore / 16);
}

/// The state that is left: every element by what was summed in it.
static std::optional<std::string> compareStates(const Expected &expected, const std::vector<Array> &results,
                                                double allowed) {
  for (size_t part = 0; part < expected.finals.size(); ++part)
    for (size_t index = 0; index < expected.finals[part].size(); ++index) {
      double actual = results[1 + part].at(static_cast<int64_t>(index)), wanted = expected.finals[part][index];
      // Below the least number that f32 holds with all its bits, a state may be 0.
      if (actual == wanted || std::fabs(actual - wanted) <= allowed * expected.finalWeights[part][index] + 0x1p-126)
        continue;
      char text[160];
      std::snprintf(text, sizeof(text), "%s[%zu] of the state is %.9g, expected %.9g of terms that add up to %.3g",
                    part == 0 ? "U" : "u", index, actual, wanted, expected.finalWeights[part][index]);
      return text;
    }
  return std::nullopt;
}

/// Where a weight is not what it should be.
static std::string describeWeight(const Problem &problem, const Expected &expected, const Array &weights, size_t place,
                                  double error, double allowed) {
  int64_t at = static_cast<int64_t>(place);
  char text[200];
  std::snprintf(text, sizeof(text),
                "weight [%lld, row %lld, key %lld] is %.9g, expected %.9g: error %.3g, allowed %.3g",
                static_cast<long long>(at / problem.keys / problem.rows),
                static_cast<long long>(at / problem.keys % problem.rows), static_cast<long long>(at % problem.keys),
                weights.at(at), expected.output[place], error, allowed);
  return text;
}

std::optional<std::string> compare(const Case &test, const Problem &problem, const Expected &expected,
                                   const std::vector<Array> &results, Measured *measured) {
  // The log-sum-exp is f32 and no product of rounded weights, and so are weights in place of the output: the tolerance
  // of f32. What an operand gives is rounded to its type before it becomes a score, in f32 not always as in double.
  Geometry asF32 = problem.geometry;
  asF32.type = asF32.keyType = ATTN_F32;
  bool areWeights = test.chain.result != Result::output;
  double ofF32 = tolerance(test, asF32, expected.largestScore) * expected.slack;
  double allowed = areWeights ? ofF32 : tolerance(test, problem.geometry, expected.largestScore) * expected.slack;
  double worst = 0;
  size_t place = 0;
  const char *which = "output";
  auto see = [&](double actual, double wanted, double weight, size_t index, const char *name) {
    if (actual == wanted) // Infinities too.
      return;
    // A sink can make an output so small that f16 only has multiples of 2⁻²⁴ left, and that e^s of f32 is 0.
    double spacing = problem.geometry.type == ATTN_F16 ? 0x1p-25 : 0x1p-126;
    double distance = std::fabs(actual - wanted), error = distance <= spacing ? 0 : (distance - spacing) / weight;
    if (std::isnan(error) || error > worst)
      worst = std::isnan(error) ? HUGE_VAL : error, place = index, which = name;
  };
  for (size_t index = 0; index < expected.output.size(); ++index)
    see(results[0].at(static_cast<int64_t>(index)), expected.output[index], expected.weight[index], index, "output");
  double allowedLse = test.chain.operand ? allowed : ofF32;
  if (test.chain.hasLse())
    for (size_t index = 0; index < expected.lse.size(); ++index)
      see(results[1].at(static_cast<int64_t>(index)), expected.lse[index],
          std::max(1.0, std::fabs(expected.lse[index])) * (allowedLse / allowed), index, "lse");
  if (measured)
    measured->see(std::max(problem.geometry.type, problem.geometry.keyType), worst, allowed, test.name);
  if (worst <= allowed)
    return areWeights ? checkSums(test, problem, results[0]) : compareStates(expected, results, allowed);
  if (areWeights)
    return describeWeight(problem, expected, results[0], place, worst, allowed);
  bool output = which[0] == 'o';
  int64_t row = static_cast<int64_t>(place) / (output ? problem.geometry.valueWidth : 1);
  char text[240];
  std::snprintf(text, sizeof(text), "%s[row %lld, head %lld, %lld] is %.9g, expected %.9g: error %.3g, allowed %.3g",
                which, static_cast<long long>(row / problem.geometry.heads),
                static_cast<long long>(row % problem.geometry.heads),
                static_cast<long long>(output ? static_cast<int64_t>(place) % problem.geometry.valueWidth : 0),
                results[output ? 0 : 1].at(static_cast<int64_t>(place)),
                output ? expected.output[place] : expected.lse[place], worst, allowed);
  return text;
}

void Measured::see(attn_type_t type, double error, double allowed, const std::string &where) {
  std::lock_guard lock(mutex);
  Largest &most = largest[typeName(type)];
  if (error / allowed > most.share)
    most = {error / allowed, error, where};
}

void Measured::print() const {
  for (const auto &[type, most] : largest)
    std::printf("largest error of %s: %.3g, %.0f %% of what is allowed, in %s\n", type.c_str(), most.error,
                100 * most.share, most.where.c_str());
}

//===----------------------------------------------------------------------===//
// One case, many lengths
//===----------------------------------------------------------------------===//

/// Tile edges and their neighbours, no key, one query.
static std::vector<Lengths> lengthsOf(const Case &test, bool every) {
  if (!test.everyEdge && (!every || test.fewLengths))
    return {{2, 1, 1},     {3, 1, 65},  {2, 16, 16}, {2, 17, 63}, {1, 64, 64}, {2, 65, 65}, {3, 63, 130},
            {2, 129, 127}, {2, 130, 0}, {1, 0, 5},   {2, 2, 15},  {2, 1, 130}, {1, 130, 1}, {1, 128, 192}};
  std::vector<Lengths> result;
  for (int64_t rows : {0, 1, 2, 15, 16, 17, 63, 64, 65, 127, 129, 130})
    for (int64_t keys : {0, 1, 2, 15, 16, 17, 63, 64, 65, 127, 129, 130})
      result.push_back({1 + (rows + keys) % 2, rows, keys});
  return result;
}

static std::string describe(const Lengths &lengths) {
  return "B=" + std::to_string(lengths.batch) + " T=" + std::to_string(lengths.rows) +
         " S=" + std::to_string(lengths.keys);
}

/// Of the name alone (FNV-1a), so that a case draws what it drew before others were added.
static uint64_t seedOf(const std::string &name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char letter : name)
    hash = (hash ^ letter) * 0x100000001b3;
  return hash;
}

std::vector<std::string> runCase(const Options &options, const Case &test, size_t number, int &counted) {
  static const char *const names[] = {"fused", "reference"};
  const int lowerings = options.isCpu() ? 2 : 1;
  std::vector<std::string> failures;
  Program programs[2];
  bool usable[2] = {};
  std::string module = moduleText(test);
  auto path = [&](int lowering) {
    return options.folder + "/" + std::to_string(number) + "." + names[lowering] + ".attn";
  };
  for (int lowering = 0; lowering < lowerings; ++lowering) {
    std::optional<std::string> failure =
        compile(options, module, static_cast<Lowering>(lowering), path(lowering), variantFiles(test));
    if (!failure && options.runs)
      failure = programs[lowering].open(path(lowering), options.device);
    usable[lowering] = !failure && options.runs;
    ++counted;
    if (failure)
      failures.push_back(test.name + " [" + names[lowering] + "]: " + *failure);
  }

  std::vector<Lengths> all = lengthsOf(test, options.everyLength);
  for (size_t index = 0; index < all.size() && (usable[0] || usable[1]); ++index) {
    Random random(seedOf(test.name) + index);
    Problem problem = makeProblem(test.geometry, test.layout, test.start, all[index], random);
    std::vector<Array> inputs = arguments(test, problem, random);
    Expected expected = evaluate(test, problem);
    std::vector<Array> results = {Array(test.chain.outputType.value_or(test.geometry.type), problem.outputSizes())};
    if (test.chain.result != Result::output)
      results = {Array(ATTN_F32, weightsSizes(test, problem))};
    if (test.chain.hasLse())
      results.push_back(Array(ATTN_F32, problem.lseSizes()));
    if (test.chain.featureMap)
      for (Array &part : test.chain.featureMap->stateResults(problem))
        results.push_back(std::move(part));
    for (int lowering = 0; lowering < lowerings; ++lowering) {
      if (!usable[lowering])
        continue;
      std::optional<std::string> failure = programs[lowering].run(inputs, results);
      // Plain loops add products one after the other, not in lanes; 16 bits do not see it.
      bool isPlain = static_cast<Lowering>(lowering) == Lowering::reference;
      bool areWeights = test.chain.result != Result::output;
      expected.slack = isPlain && (areWeights || test.geometry.type == ATTN_F32) ? 2 : 1;
      if (areWeights) // Each is one term, so that nothing averages out.
        expected.slack *= 2.5;
      if (!failure)
        failure = compare(test, problem, expected, results, lowering == 0 ? options.measured : nullptr);
      if (!failure && options.isCpu()) // A GPU multiplies what is hidden by 0 (lowering/nvptx/README.md).
        failure = checkHidden(test, problem, programs[lowering], inputs, results, random);
      if (!failure)
        continue;
      usable[lowering] = false; // One failure a case says enough.
      failures.push_back(test.name + " [" + names[lowering] + "] " + describe(all[index]) + ": " + *failure +
                         " (module " + path(lowering) + ".mlir)");
    }
  }
  return failures;
}

} // namespace attn::numerics
