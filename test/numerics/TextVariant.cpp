//===- TextVariant.cpp - variants written as text, by their formulas ---===//

#include "test/numerics/TextVariant.h"

#include <algorithm>

namespace attn::numerics {

//===----------------------------------------------------------------------===//
// What formulas see
//===----------------------------------------------------------------------===//

double TextCall::load(size_t parameter, std::initializer_list<int64_t> indices) const {
  const Array &array = values[parameter];
  int64_t offset = 0;
  size_t dimension = 0;
  for (int64_t index : indices) {
    int64_t size = array.sizes()[dimension++];
    offset = offset * size + std::clamp<int64_t>(index, 0, size - 1);
  }
  return array.at(offset);
}

int64_t TextCall::row(const Pair &pair) const {
  return pair.row + (problem->layout == Layout::packed ? problem->queryOffsets[pair.n] : 0);
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

TextParameter drawn(std::string name, attn_type_t type, std::vector<double> edges) {
  auto draw = [type, edges = std::move(edges)](const Problem &, Random &random) {
    return Array::scalar(type, edges[random.integer(0, static_cast<int64_t>(edges.size()) - 1)]);
  };
  return {std::move(name), type, 0, draw};
}

TextParameter table(std::string name, attn_type_t type, size_t rank,
                    std::function<std::vector<int64_t>(const Problem &)> sizes,
                    std::function<double(const Problem &, Random &, const std::vector<int64_t> &)> element) {
  auto draw = [=](const Problem &problem, Random &random) {
    Array result(type, sizes(problem));
    std::vector<int64_t> at(rank, 0);
    for (int64_t index = 0; index < result.count(); ++index) {
      int64_t rest = index;
      for (size_t dimension = rank; dimension-- > 0; rest /= result.sizes()[dimension])
        at[dimension] = rest % result.sizes()[dimension];
      result.set(index, element(problem, random, at));
    }
    return result;
  };
  return {std::move(name), type, rank, draw};
}

std::vector<int64_t> perSequence(const Problem &problem) { return {problem.batch}; }
std::vector<int64_t> perHead(const Problem &problem) { return {problem.geometry.heads}; }

int64_t longest(const Problem &problem) {
  return std::max<int64_t>(1, *std::max_element(problem.keyLengths.begin(), problem.keyLengths.end()));
}

//===----------------------------------------------------------------------===//
// The op
//===----------------------------------------------------------------------===//

namespace {

class Text : public Modifier {
public:
  explicit Text(TextVariant variant) : variant(std::move(variant)) {}

  std::vector<Argument> arguments(const Geometry &) const override {
    std::vector<Argument> result;
    for (const TextParameter &parameter : variant.parameters) {
      Argument argument{parameter.name, typeOf(parameter), {}};
      for (size_t dimension = 0; dimension < parameter.rank; ++dimension)
        argument.dims.push_back("M_" + parameter.name + std::to_string(dimension));
      result.push_back(argument);
    }
    return result;
  }
  std::vector<Array> draw(const Problem &problem, Random &random) override {
    call = {&problem, {}};
    for (const TextParameter &parameter : variant.parameters)
      call.values.push_back(parameter.draw(problem, random));
    return call.values;
  }
  std::string file() const override { return ATTN_TEXT_VARIANTS "/" + variant.file + ".mlir"; }
  std::string text(const std::string &in, const std::string &out, const Geometry &) const override {
    std::string names, types;
    for (const TextParameter &parameter : variant.parameters) {
      names += (names.empty() ? "%" : ", %") + parameter.name;
      types += (types.empty() ? " : " : ", ") + typeOf(parameter);
    }
    return out + " = attn.apply @" + variant.name + "(" + names + ") to " + in + types;
  }

  double score(double s, const Pair &pair) const override { return variant.score ? variant.score(s, pair, call) : s; }
  bool admits(const Pair &pair) const override { return !variant.admits || variant.admits(pair, call); }
  double factor(const Pair &pair) const override { return variant.factor ? variant.factor(pair, call) : 1; }
  double feature(double x) const override { return variant.feature ? variant.feature(x) : x; }
  std::optional<double> term(double a, double b) const override {
    return variant.term ? std::optional(variant.term(a, b)) : std::nullopt;
  }

private:
  static std::string typeOf(const TextParameter &parameter) {
    if (parameter.rank == 0)
      return typeName(parameter.type);
    std::string sizes;
    for (size_t dimension = 0; dimension < parameter.rank; ++dimension)
      sizes += "?x";
    return "tensor<" + sizes + typeName(parameter.type) + ">";
  }

  const TextVariant variant;
  TextCall call;
};

} // namespace

void addTextCases(Cases &cases, const TextTrial &trial) {
  const TextVariant &variant = trial.variant;
  auto add = [&](const Geometry &geometry, Layout layout, Start start) {
    Case &test = cases.emplace_back(makeCase("text " + variant.name, geometry, layout, start, {modify<Text>(variant)}));
    test.chain.scale = trial.scale;
    if (trial.closing != "softmax")
      test.chain.closing = std::make_shared<LinearClosing>(trial.closing);
  };
  add(plain(), Layout::ragged, trial.start);
  add(plain(), Layout::packed, Start::bottomRight);
  add({6, 2, 80, 64, ATTN_BF16, ATTN_BF16}, Layout::ragged, Start::bottomRight);
  add({8, 1, 64, 64, ATTN_BF16, ATTN_BF16}, Layout::packed, trial.start);
}

void casesOfText(Cases &cases) {
  casesOfTextMasks(cases);
  casesOfTextScores(cases);
  casesOfTextWeights(cases);
}

} // namespace attn::numerics
