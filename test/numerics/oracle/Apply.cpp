//===- Apply.cpp - variants written as text, by their own formulas; random ones among them ---===//

#include "test/numerics/Expression.h"
#include "test/numerics/Oracle.h"

#include <algorithm>
#include <cmath>

namespace attn::numerics {

namespace {

/// score + table[h, clamp(i − j, −R, R) + R]: reads a captured tensor.
class RelativeBias : public Modifier {
public:
  static constexpr int64_t reach = 20;

  std::vector<Argument> arguments(const Geometry &) const override { return {{"table", type, {"Mh", "Mr"}}}; }
  std::vector<Array> draw(const Problem &problem, Random &random) override {
    table = Array(ATTN_F32, {problem.geometry.heads, 2 * reach + 1});
    heads = problem.geometry.heads;
    for (int64_t index = 0; index < table.count(); ++index)
      table.set(index, random.normal());
    return {table};
  }
  std::string declarations() const override {
    return R"(attn.variant @relative score {
^bb0(%s: f32, %n: i32, %h: i32, %i: i32, %j: i32, %table: )" +
           type + R"():
  %reach = arith.constant 20 : i32
  %least = arith.constant -20 : i32
  %distance = arith.subi %i, %j : i32
  %above = arith.maxsi %distance, %least : i32
  %inside = arith.minsi %above, %reach : i32
  %index = arith.addi %inside, %reach : i32
  %bias = attn.load %table[%h, %index] : )" +
           type + R"( -> f32
  %r = arith.addf %s, %bias : f32
  attn.yield %r : f32
}
)";
  }
  std::string text(const std::string &in, const std::string &out, const Geometry &) const override {
    return out + " = attn.apply @relative(%table) to " + in + " : " + type;
  }
  double score(double s, const Pair &pair) const override {
    return s + table.at({pair.h, std::clamp(pair.i - pair.j, -reach, reach) + reach});
  }

private:
  const std::string type = "tensor<?x?xf32>";
  Array table;
  int64_t heads = 0;
};

/// j ≤ i or j < p_n: a mask that reads a number for each sequence.
class Prefix : public Modifier {
public:
  std::vector<Argument> arguments(const Geometry &) const override { return {{"prefix", "tensor<?xi32>", {"B"}}}; }
  std::vector<Array> draw(const Problem &problem, Random &random) override {
    prefix.clear();
    for (int64_t n = 0; n < problem.batch; ++n)
      prefix.push_back(static_cast<int32_t>(random.integer(0, problem.keyLengths[n])));
    return {Array::vector(prefix)};
  }
  std::string declarations() const override {
    return R"(attn.variant @prefix mask {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32, %prefix: tensor<?xi32>):
  %p = attn.load %prefix[%n] : tensor<?xi32> -> i32
  %past = arith.cmpi sle, %j, %i : i32
  %given = arith.cmpi slt, %j, %p : i32
  %r = arith.ori %past, %given : i1
  attn.yield %r : i1
}
)";
  }
  std::string text(const std::string &in, const std::string &out, const Geometry &) const override {
    return out + " = attn.apply @prefix(%prefix) to " + in + " : tensor<?xi32>";
  }
  bool admits(const Pair &pair) const override { return pair.j <= pair.i || pair.j < prefix[pair.n]; }

private:
  std::vector<int32_t> prefix;
};

/// A factor √(i − j), which is no number for the keys behind the query.
class Root : public Modifier {
public:
  std::string declarations() const override {
    return R"(attn.variant @root factor {
^bb0(%n: i32, %h: i32, %i: i32, %j: i32):
  %distance = arith.subi %i, %j : i32
  %real = arith.sitofp %distance : i32 to f32
  %r = math.sqrt %real : f32
  attn.yield %r : f32
}
)";
  }
  std::string text(const std::string &in, const std::string &out, const Geometry &) const override {
    return out + " = attn.apply @root() to " + in;
  }
  double factor(const Pair &pair) const override { return std::sqrt(static_cast<double>(pair.i - pair.j)); }
};

/// Random regions with two run-time parameters.
class RandomRegions : public Modifier {
public:
  bool isSteep() const override { return true; }
  RandomRegions(uint64_t seed, bool withScore, bool withMask) {
    Random random(seed);
    int depth = static_cast<int>(random.integer(2, 4));
    if (withScore)
      scoreRegion = randomScore(random, depth);
    if (withMask)
      maskRegion = randomCondition(random, static_cast<int>(random.integer(0, 2)));
  }

  std::vector<Argument> arguments(const Geometry &) const override {
    return {{"random_parameter", "f32", {}}, {"random_window", "i32", {}}};
  }
  std::vector<Array> draw(const Problem &, Random &random) override {
    Array real = Array::scalar(ATTN_F32, random.uniform(-2, 2));
    parameter = real.at(0);
    window = random.integer(-10, 80);
    return {real, Array::scalar(ATTN_I32, static_cast<double>(window))};
  }
  std::string declarations() const override {
    std::string result = "attn.variant @random";
    if (scoreRegion)
      result += region(*scoreRegion, " score", "%s: f32, ", "f32");
    if (maskRegion)
      result += region(*maskRegion, " mask", "", "i1");
    return result + "\n";
  }
  std::string text(const std::string &in, const std::string &out, const Geometry &) const override {
    return out + " = attn.apply @random(%random_parameter, %random_window) to " + in + " : f32, i32";
  }
  double score(double s, const Pair &pair) const override {
    return scoreRegion ? scoreRegion->value({s, parameter, pair.n, pair.h, pair.i, pair.j, window}) : s;
  }
  bool admits(const Pair &pair) const override {
    return !maskRegion || maskRegion->value({0, parameter, pair.n, pair.h, pair.i, pair.j, window}) != 0;
  }

private:
  static std::string region(const Expression &expression, const char *keyword, const char *first, const char *type) {
    std::string lines;
    int names = 0;
    std::string result = expression.print(lines, names);
    return std::string(keyword) + " {\n^bb0(" + first +
           "%n: i32, %h: i32, %i: i32, %j: i32, %parameter: f32, %window: i32):\n" + lines + "  attn.yield " + result +
           " : " + type + "\n}";
  }

  ExpressionPtr scoreRegion, maskRegion;
  double parameter = 0;
  int64_t window = 0;
};

} // namespace

void casesOfApply(Cases &cases) {
  cases.push_back(makeCase("apply @relative", plain(), Layout::ragged, Start::value, {modify<RelativeBias>()}));
  cases.push_back(makeCase("apply @prefix", plain(), Layout::ragged, Start::bottomRight, {modify<Prefix>()}));
  cases.push_back(makeCase("apply @prefix window", plain(ATTN_BF16), Layout::dense, Start::value,
                           {modify<Prefix>(), slidingWindow()}));
  for (attn_type_t type : {ATTN_F32, ATTN_BF16})
    cases.push_back(
        makeCase("apply @root causal", plain(type), Layout::ragged, Start::bottomRight, {modify<Root>(), causal()}));
}

std::shared_ptr<Modifier> randomRegions(uint64_t seed, bool withScore, bool withMask) {
  return modify<RandomRegions>(seed, withScore, withMask);
}

void randomCases(Cases &cases, uint64_t first, uint64_t count) {
  static const Layout layouts[] = {Layout::dense, Layout::ragged, Layout::packed};
  static const Start starts[] = {Start::topLeft, Start::bottomRight, Start::value};
  for (uint64_t seed = first; seed < first + count; ++seed) {
    bool withScore = seed % 3 != 0, withMask = seed % 3 != 1;
    Geometry geometry = {2, 1, 16, 16, ATTN_F32, ATTN_F32};
    cases.push_back(makeCase("random " + std::to_string(seed), geometry, layouts[seed / 3 % 3], starts[seed / 9 % 3],
                             {randomRegions(seed, withScore, withMask)}));
  }
}

} // namespace attn::numerics
