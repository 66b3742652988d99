//===- Module.cpp - the text of a case ---===//

#include "test/numerics/AxisTable.h"
#include "test/numerics/FeatureMap.h"
#include "test/numerics/Harness.h"

#include <algorithm>
#include <set>

namespace attn::numerics {

static std::string number(int64_t value) { return std::to_string(value); }

static std::string tensor(bool packed, int64_t heads, int64_t width, attn_type_t type) {
  return std::string(packed ? "tensor<?x" : "tensor<?x?x") + number(heads) + "x" + number(width) + "x" +
         typeName(type) + ">";
}

static std::string argumentText(const Argument &argument) {
  std::string result = "%" + argument.name + ": " + argument.type;
  std::string attributes = "nn.name = \"" + argument.name + "\"";
  if (!argument.dims.empty()) {
    std::string dims;
    for (const std::string &dim : argument.dims)
      dims += (dims.empty() ? "\"" : ", \"") + dim + "\"";
    attributes += ", nn.dims = [" + dims + "]";
  }
  return result + " {" + attributes + "}";
}

/// What the ops of the chain ask for. Where keys are not packed, those of one sequence are a dimension of theirs.
static std::vector<Argument> chainArguments(const Case &test) {
  std::vector<Argument> result;
  for (Op *op : test.chain.ops())
    for (Argument &argument : op->arguments(test.geometry)) {
      if (test.layout != Layout::packed)
        std::replace(argument.dims.begin(), argument.dims.end(), std::string(keysOfSequence), std::string("S"));
      result.push_back(std::move(argument));
    }
  return result;
}

/// Whether something has a dimension that counts sequences, for offsets to have one more.
static bool countsSequences(const Case &test) {
  std::vector<Argument> arguments = chainArguments(test);
  return test.start == Start::value || std::any_of(arguments.begin(), arguments.end(), [](const Argument &argument) {
           return std::count(argument.dims.begin(), argument.dims.end(), "B") != 0;
         });
}

/// The arguments that say which rows belong together.
static std::vector<Argument> sequenceArguments(const Case &test) {
  std::vector<Argument> result;
  if (test.layout == Layout::ragged) {
    result.push_back({"query_lengths", "tensor<?xi32>", {"B"}});
    result.push_back({"key_lengths", "tensor<?xi32>", {"B"}});
  }
  if (test.layout == Layout::packed) {
    std::string offsets = countsSequences(test) ? "B + 1" : "N1";
    result.push_back({"query_offsets", "tensor<?xi32>", {offsets}});
    result.push_back({"key_offsets", "tensor<?xi32>", {offsets}});
  }
  // A start by value with no lengths of keys would mean start + T of them, as in a cache.
  if (test.layout == Layout::dense && test.start == Start::value)
    result.push_back({"key_lengths", "tensor<?xi32>", {"B"}});
  if (test.start == Start::value)
    result.push_back({"start", "tensor<?xi32>", {"B"}});
  return result;
}

/// %sequences, and %key_rows, in which every key is a row: the positions that rotate keys.
static std::string sequencesText(const Case &test) {
  std::string start = test.start == Start::topLeft       ? "start top_left"
                      : test.start == Start::bottomRight ? "start bottom_right"
                                                         : "start %start : tensor<?xi32>";
  std::string result = "  %sequences = ";
  if (test.layout == Layout::packed)
    result += "attn.packed %query_offsets, %key_offsets : tensor<?xi32>, tensor<?xi32> ";
  else if (test.layout == Layout::ragged)
    result += "attn.padded queries(%query_lengths : tensor<?xi32>) keys(%key_lengths : tensor<?xi32>) ";
  else if (test.start == Start::value)
    result += "attn.padded keys(%key_lengths : tensor<?xi32>) ";
  else
    result += "attn.padded ";
  result += start + "\n";
  if (!test.chain.operand)
    return result;
  if (test.layout == Layout::packed)
    return result +
           "  %key_rows = attn.packed %key_offsets, %key_offsets : tensor<?xi32>, tensor<?xi32> start top_left\n";
  return result + "  %key_rows = attn.padded start top_left\n";
}

std::vector<std::string> variantFiles(const Case &test) {
  std::set<std::string> files;
  for (Op *op : test.chain.ops())
    if (std::string file = op->file(); !file.empty())
      files.insert(file);
  return {files.begin(), files.end()};
}

std::string moduleText(const Case &test) {
  const Geometry &g = test.geometry;
  bool packed = test.layout == Layout::packed;
  std::string queryType = tensor(packed, g.heads, g.width, g.type),
              keyType = tensor(packed, g.keyHeads, g.width, g.keyType);
  std::string valueType = tensor(packed, g.valueHeads(), g.valueWidth, g.keyType);
  std::string outputType = tensor(packed, g.heads, g.valueWidth, test.chain.outputType.value_or(g.type));
  std::string lseType = std::string(packed ? "tensor<?x" : "tensor<?x?x") + number(g.heads) + "xf32>";

  auto dims = [&](const char *rows, int64_t heads, int64_t width) {
    std::vector<std::string> result = {"B", rows, number(heads), number(width)};
    if (packed)
      result.erase(result.begin());
    return result;
  };
  std::vector<Argument> list = {{"query", queryType, dims("T", g.heads, g.width)},
                                {"key", keyType, dims("S", g.keyHeads, g.width)},
                                {"value", valueType, dims("S", g.valueHeads(), g.valueWidth)}};
  for (Argument &argument : sequenceArguments(test))
    list.push_back(std::move(argument));
  if (test.chain.scaleIsArgument)
    list.push_back({"scale", "f32", {}});
  for (Argument &argument : chainArguments(test))
    list.push_back(std::move(argument));
  std::string declarations;
  for (Op *op : test.chain.ops())
    declarations += op->declarations();

  std::string text = "// " + test.name + "\n" + declarations + "func.func @main(";
  for (size_t index = 0; index < list.size(); ++index)
    text += (index ? ",\n                " : "") + argumentText(list[index]);
  bool areWeights = test.chain.result != Result::output, isMean = test.chain.result == Result::meanWeights;
  std::string weightsType = isMean ? "tensor<?x?x?xf32>" : "tensor<?x" + number(g.heads) + "x?x?xf32>";
  std::string results = (areWeights ? weightsType : outputType) + (test.chain.hasLse() ? ", " + lseType : "");
  text += ") -> (" + (areWeights ? weightsType : outputType) + " {nn.name = \"output\"}" +
          (test.chain.hasLse() ? ", " + lseType + " {nn.name = \"lse\"}" : "");
  std::vector<std::string> states;
  if (test.chain.featureMap)
    states = test.chain.featureMap->stateTypes(g);
  for (const std::string &type : states) {
    results += ", " + type;
    text += ", " + type + " {nn.name = \"" + (&type == &states[0] ? "U" : "u") + "\"}";
  }
  text += ") {\n";
  text += sequencesText(test);
  std::string query = "%query", key = "%key";
  if (test.chain.operand) {
    text += "  " + test.chain.operand->text(queryType, keyType, "%sequences", "%key_rows") + "\n";
    query = "%query_1", key = "%key_1";
  }
  std::string scale;
  if (test.chain.scale) {
    if (!test.chain.scaleIsArgument)
      text += "  %scale = arith.constant " + std::to_string(*test.chain.scale) + " : f32\n";
    scale = " scale %scale";
  }
  // Nothing else uses the output then.
  auto returned = [&](const std::string &others) {
    std::string asked = areWeights ? "  %asked = attn.weights " + std::string(isMean ? "mean " : "") +
                                         "of %output : " + outputType + " -> " + weightsType + "\n"
                                   : "";
    return asked + "  return " + (areWeights ? "%asked" : "%output") + others + " : " + results + "\n}\n";
  };
  const FeatureMap *featureMap = test.chain.featureMap.get();
  if (featureMap)
    text += "  " + featureMap->sourceText(query, key, queryType + ", " + keyType, g) + "\n";
  else
    text += "  %scores_0 = " + test.chain.source->text(query, key, scale, queryType, keyType, g) + "\n";
  std::string scores = "%scores_0";
  for (size_t index = 0; index < test.chain.modifiers.size(); ++index) {
    std::string next = "%scores_" + std::to_string(index + 1);
    text += "  " + test.chain.modifiers[index]->text(scores, next, g) + "\n";
    scores = next;
  }
  if (featureMap) {
    text += "  " + featureMap->closingText(scores, valueType, outputType, g) + "\n";
    return text + returned(std::string(states.size() > 0 ? ", %U" : "") + (states.size() > 1 ? ", %u" : ""));
  }
  text += std::string("  %output") + (test.chain.hasLse() ? ", %lse" : "") + " = " +
          test.chain.closing->text(scores, test.chain.valueIsKey ? key : "%value") + " : " +
          (test.chain.valueIsKey ? keyType : valueType) + " -> " + outputType +
          (test.chain.hasLse() ? " lse " + lseType : "") + "\n";
  return text + returned(test.chain.hasLse() ? ", %lse" : "");
}

std::vector<Array> arguments(const Case &test, const Problem &problem, Random &random) {
  std::vector<Array> result = {problem.query, problem.key, problem.value};
  for (const Argument &argument : sequenceArguments(test)) {
    if (argument.name == "start")
      result.push_back(Array::vector(problem.starts));
    else if (argument.name == "query_lengths" || argument.name == "query_offsets")
      result.push_back(Array::vector(argument.name == "query_lengths" ? problem.queryLengths : problem.queryOffsets));
    else
      result.push_back(Array::vector(argument.name == "key_lengths" ? problem.keyLengths : problem.keyOffsets));
  }
  if (test.chain.scaleIsArgument)
    result.push_back(Array::scalar(ATTN_F32, *test.chain.scale));
  for (Op *op : test.chain.ops())
    for (Array &value : op->draw(problem, random))
      result.push_back(std::move(value));
  return result;
}

} // namespace attn::numerics
