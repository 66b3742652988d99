//===- States.cpp - sums over keys that stay from call to call ---===//

#include "test/numerics/States.h"

#include <algorithm>
#include <cmath>

namespace attn::numerics {

static constexpr int64_t sequences = 3, mostRows = 65;

/// Rows of each sequence in the calls: prefill, single tokens, calls in which a sequence is idle, and one that spans
/// chunks. Behind them comes a call that has every state take in what is left.
static const std::vector<std::vector<int32_t>> calls = {{7, 16, 0}, {1, 1, 1},   {1, 0, 1}, {mostRows, 1, 17},
                                                        {1, 1, 1},  {0, 63, 64}, {2, 1, 3}};

static std::vector<std::vector<int32_t>> allCalls(const StateCase &test) {
  std::vector<std::vector<int32_t>> result = calls;
  result.emplace_back(sequences, static_cast<int32_t>(std::max<int64_t>(test.switchOver, 1)));
  return result;
}

//===----------------------------------------------------------------------===//
// The module
//===----------------------------------------------------------------------===//

static std::string argument(const std::string &name, const std::string &type, const std::vector<std::string> &dims) {
  std::string list;
  for (const std::string &dim : dims)
    list += (list.empty() ? "\"" : ", \"") + dim + "\"";
  return "%" + name + ": " + type + " {nn.name = \"" + name + "\", nn.dims = [" + list + "]}";
}

/// tensor<?x?x4x20xf32> with its dimensions' names.
struct Data {
  std::string type;
  std::vector<std::string> dims;
};

static Data rowsOf(const StateCase &test, std::vector<int64_t> features, attn_type_t type) {
  Data result{"tensor<?x", {"R"}};
  if (test.layout != Layout::packed)
    result = {"tensor<?x?x", {"B", "T"}};
  for (int64_t feature : features) {
    result.type += std::to_string(feature) + "x";
    result.dims.push_back(std::to_string(feature));
  }
  result.type += typeName(type) + ">";
  return result;
}

static Data cacheOf(int64_t heads, int64_t width, attn_type_t type) {
  std::string head = std::to_string(heads), feature = std::to_string(width);
  return {"!attn.cache<?x?x" + head + "x" + feature + "x" + typeName(type) + ">", {"B", "C", head, feature}};
}

static std::string moduleOf(const StateCase &test) {
  const Geometry &g = test.geometry;
  bool isPacked = test.layout == Layout::packed, isFolded = test.switchOver > 0;
  bool hasDataGates = test.form.gates == FeatureMapForm::Gates::data,
       fades = test.form.gates != FeatureMapForm::Gates::none;
  FeatureMapForm bare = test.form;
  bare.gates = FeatureMapForm::Gates::none;
  bare.hasState = true;
  FeatureMap source(bare);

  Data query = rowsOf(test, {g.heads, g.width}, g.type), key = rowsOf(test, {g.keyHeads, g.width}, g.keyType);
  Data value = rowsOf(test, {g.keyHeads, g.valueWidth}, g.keyType),
       output = rowsOf(test, {g.heads, g.valueWidth}, g.type);
  std::string vector = "tensor<?xi32>", list;
  auto declare = [&](const std::string &name, const Data &data) {
    list += (list.empty() ? "" : ",\n                ") + argument(name, data.type, data.dims);
  };
  declare("query", query);
  declare("key", key);
  declare("value", value);
  declare(isPacked ? "offsets" : "lengths", {vector, {isPacked ? "B + 1" : "B"}});
  Data gates{"tensor<" + std::to_string(g.keyHeads) + "xf32>", {std::to_string(g.keyHeads)}};
  if (hasDataGates)
    gates = isFolded ? rowsOf(test, {g.keyHeads, 1}, ATTN_F32) : rowsOf(test, {g.keyHeads}, ATTN_F32);
  if (fades)
    declare("gates", gates);
  Data keys = cacheOf(g.keyHeads, g.width, g.keyType), values = cacheOf(g.keyHeads, g.valueWidth, g.keyType);
  Data keptGates = cacheOf(g.keyHeads, 1, ATTN_F32);
  if (isFolded) {
    declare("keys", keys);
    declare("values", values);
    if (hasDataGates)
      declare("kept_gates", keptGates);
  }
  std::vector<Data> states;
  for (const Argument &part : source.arguments(g)) {
    std::string shape = part.type.substr(part.type.find('<'));
    states.push_back({"!attn.state" + shape, part.dims});
    declare(states.size() == 1 ? "U" : "u", states.back());
  }

  std::string text = "func.func @main(" + list + ")\n    -> (" + output.type + " {nn.name = \"output\"}) {\n";
  std::string append, keyName = "%key", valueName = "%value", gateName = "%gates";
  if (isFolded) {
    text += "  %start = attn.length %keys : " + keys.type + " -> " + vector + "\n";
    text += "  %seq = attn." +
            std::string(isPacked ? "packed %offsets : " + vector : "padded queries(%lengths : " + vector + ")") +
            " start %start : " + vector + "\n";
    append = "  attn.append %keys, %key at %seq : " + keys.type + ", " + key.type +
             "\n  attn.append %values, %value at %seq : " + values.type + ", " + value.type + "\n";
    keyName = "%keys", valueName = "%values", key = keys, value = values;
    if (hasDataGates) {
      append += "  attn.append %kept_gates, %gates at %seq : " + keptGates.type + ", " + gates.type + "\n";
      gateName = "%kept_gates", gates = keptGates;
    }
  } else if (isPacked) {
    text += "  %seq = attn.packed %offsets, %offsets : " + vector + ", " + vector + " start top_left\n";
  } else {
    text += "  %seq = attn.padded queries(%lengths : " + vector + ") keys(%lengths : " + vector + ") start top_left\n";
  }
  text += append + "  " + source.sourceText("%query", keyName, query.type + ", " + key.type, g) + "\n";
  text += "  %scores_1 = attn.causal %scores_0\n";
  if (fades)
    text += "  %scores_2 = attn.decay %scores_1 by " + gateName + " : " + gates.type + "\n";
  text += "  %output = attn." + test.form.closing + " %scores_" + (fades ? "2" : "1") + ", " + valueName;
  if (test.form.epsilon)
    text += " epsilon " + std::to_string(*test.form.epsilon);
  text += states.size() == 1 ? " state(%U : " + states[0].type + ")"
                             : " state(%U, %u : " + states[0].type + ", " + states[1].type + ")";
  if (isFolded)
    text += " switch_over " + std::to_string(test.switchOver);
  text += " in %seq" + (test.form.form.empty() ? "" : " form \"" + test.form.form + "\"");
  return text + " : " + value.type + " -> " + output.type + "\n  return %output : " + output.type + "\n}\n";
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

namespace {
/// All of the calls as one: what the formula sees.
struct Whole {
  Case test;
  Problem problem;
  std::vector<Array> drawn; ///< gates, and the parts of the state before the first call
};
} // namespace

static Whole drawWhole(const StateCase &tested, Random &random) {
  FeatureMapForm form = tested.form;
  form.hasState = true;
  Whole whole{makeCase(tested.title, tested.geometry, Layout::ragged, Start::topLeft, form, {causal()}), {}, {}};
  std::vector<int32_t> totals(sequences, 0);
  for (const std::vector<int32_t> &lengths : allCalls(tested))
    for (int64_t n = 0; n < sequences; ++n)
      totals[n] += lengths[n];
  int64_t most = *std::max_element(totals.begin(), totals.end());
  whole.problem = makeProblem(tested.geometry, Layout::dense, Start::topLeft, {sequences, most, most}, random);
  whole.problem.queryLengths = whole.problem.keyLengths = totals;
  whole.drawn = whole.test.chain.featureMap->draw(whole.problem, random);
  return whole;
}

/// Rows first[n] … first[n] + lengths[n] of sequence n; NaN behind them.
static Array slice(const Array &whole, const std::vector<int32_t> &first, const std::vector<int32_t> &lengths) {
  std::vector<int64_t> sizes = whole.sizes();
  int64_t positions = sizes[1], row = whole.count() / (sizes[0] * positions);
  sizes[1] = *std::max_element(lengths.begin(), lengths.end());
  Array result(whole.type(), sizes);
  result.fill(std::nan(""));
  for (int64_t n = 0; n < sizes[0]; ++n)
    for (int64_t i = 0; i < lengths[n] * row; ++i)
      result.set(n * sizes[1] * row + i, whole.at((n * positions + first[n]) * row + i));
  return result;
}

static std::optional<std::string> take(attn_status_t *status) {
  if (!status)
    return std::nullopt;
  std::string message = attn_status_message(status);
  attn_status_release(status);
  return message;
}

static Array withSizes(const Array &array, std::vector<int64_t> sizes) {
  Array result(array.type(), std::move(sizes));
  for (int64_t i = 0; i < array.count(); ++i)
    result.set(i, array.at(i));
  return result;
}

/// Runs all calls and puts their rows into `output`.
static std::optional<std::string> callAll(attn_session_t *session, const StateCase &tested, const Whole &whole,
                                          Array &output) {
  bool isPacked = tested.layout == Layout::packed, isFolded = tested.switchOver > 0;
  std::vector<int32_t> first(sequences, 0);
  for (const std::vector<int32_t> &lengths : allCalls(tested)) {
    std::vector<Array> inputs;
    for (const Array *data : {&whole.problem.query, &whole.problem.key, &whole.problem.value})
      inputs.push_back(slice(*data, first, lengths));
    Array result(tested.geometry.type,
                 {sequences, inputs[0].sizes()[1], tested.geometry.heads, tested.geometry.valueWidth});
    Array rows = result;
    inputs.push_back(Array::vector(lengths));
    if (tested.form.gates == FeatureMapForm::Gates::fixed)
      inputs.push_back(whole.drawn[0]);
    if (tested.form.gates == FeatureMapForm::Gates::data) {
      Array gates = slice(whole.drawn[0], first, lengths);
      std::vector<int64_t> sizes = gates.sizes();
      sizes.push_back(1);
      inputs.push_back(isFolded || isPacked ? withSizes(gates, sizes) : gates);
    }
    if (isPacked) {
      std::vector<int32_t> offsets = {0};
      for (int32_t length : lengths)
        offsets.push_back(offsets.back() + length);
      inputs[3] = Array::vector(offsets);
      for (Array &input : inputs)
        if (input.sizes().size() == 4)
          input = pack(input, lengths);
      if (inputs.size() > 4 && !isFolded && inputs[4].sizes().size() == 3)
        inputs[4] = withSizes(inputs[4], {inputs[4].sizes()[0], inputs[4].sizes()[1]});
      rows = Array(result.type(), {inputs[0].sizes()[0], tested.geometry.heads, tested.geometry.valueWidth});
    }
    std::vector<attn_tensor_t> tensors;
    for (Array &input : inputs)
      tensors.push_back(input.tensor());
    attn_tensor_t target = rows.tensor();
    if (auto failure = take(attn_session_run(session, "main", tensors.data(), tensors.size(), &target, 1)))
      return failure;
    if (!isPacked)
      result = rows;
    else if (auto failure = unpack(rows, lengths, result))
      return failure;
    int64_t row = tested.geometry.heads * tested.geometry.valueWidth, positions = output.sizes()[1];
    for (int64_t n = 0; n < sequences; ++n)
      for (int64_t i = 0; i < lengths[n] * row; ++i)
        output.set((n * positions + first[n]) * row + i, result.at(n * result.sizes()[1] * row + i));
    for (int64_t n = 0; n < sequences; ++n)
      first[n] += lengths[n];
  }
  return std::nullopt;
}

static std::vector<std::string> partsOf(const Whole &whole) {
  bool hasSum = whole.test.chain.featureMap->stateTypes(whole.problem.geometry).size() > 1;
  return hasSum ? std::vector<std::string>{"U", "u"} : std::vector<std::string>{"U"};
}

/// What the runtime holds of each part.
static std::optional<std::string> readStates(attn_session_t *session, const Whole &whole, std::vector<Array> &parts) {
  std::vector<Array> shapes = whole.test.chain.featureMap->stateResults(whole.problem);
  std::vector<std::string> names = partsOf(whole);
  for (size_t number = 0; number < names.size(); ++number) {
    attn_tensor_t held;
    if (auto failure = take(attn_state_read(session, names[number].c_str(), &held)))
      return failure;
    Array part = shapes[number];
    for (int64_t i = 0; i < part.count(); ++i)
      part.set(i, static_cast<const float *>(held.data)[i]);
    parts.push_back(std::move(part));
  }
  return std::nullopt;
}

/// Sums count what they have met, cannot be cut, and are empty after a reset.
static std::optional<std::string> checkLengths(attn_session_t *session, const Whole &whole) {
  for (int64_t n = 0; n < sequences; ++n) {
    int64_t length = -1;
    if (auto failure = take(attn_state_length(session, "U", n, &length)))
      return failure;
    if (length != whole.problem.keyLengths[n])
      return "the state has met " + std::to_string(length) + " keys of sequence " + std::to_string(n) + ", not " +
             std::to_string(whole.problem.keyLengths[n]);
  }
  attn_status_t *status = attn_session_truncate(session, 0, 1);
  attn_code_t code = attn_status_code(status);
  attn_status_release(status);
  if (code != ATTN_UNSUPPORTED)
    return "cutting a sum gave code " + std::to_string(code);
  if (auto failure = take(attn_session_reset(session)))
    return failure;
  std::vector<Array> parts;
  if (auto failure = readStates(session, whole, parts))
    return failure;
  for (const Array &part : parts)
    for (int64_t i = 0; i < part.count(); ++i)
      if (part.at(i) != 0)
        return "a state holds " + std::to_string(part.at(i)) + " after a reset";
  return std::nullopt;
}

static std::optional<std::string> check(attn_session_t *session, const StateCase &tested) {
  Random random(11);
  Whole whole = drawWhole(tested, random);
  Expected expected = evaluate(whole.test, whole.problem);
  std::optional<Array> before;
  for (int repeat = 0; repeat < 2; ++repeat) {
    std::vector<std::string> names = partsOf(whole);
    for (size_t part = 0; part < names.size(); ++part) {
      Array &initial = whole.drawn[whole.drawn.size() - names.size() + part];
      attn_tensor_t content = initial.tensor();
      if (auto failure = take(attn_state_write(session, names[part].c_str(), &content)))
        return failure;
    }
    Array output(tested.geometry.type, whole.problem.outputSizes());
    if (auto failure = callAll(session, tested, whole, output))
      return failure;
    std::vector<Array> results = {output};
    if (auto failure = readStates(session, whole, results))
      return failure;
    if (auto failure = compare(whole.test, whole.problem, expected, results))
      return failure;
    if (before && before->bytes() != output.bytes())
      return "a second run after a reset gives other bits";
    before = output;
    if (auto failure = checkLengths(session, whole))
      return failure;
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Cases
//===----------------------------------------------------------------------===//

std::string StateCase::name() const {
  return "held state " + title + " " + typeName(geometry.keyType) + (layout == Layout::packed ? " packed" : "") +
         (switchOver ? " switch_over " + std::to_string(switchOver) : "") + (form.form.empty() ? "" : " " + form.form);
}

std::vector<StateCase> stateCases() {
  using Gates = FeatureMapForm::Gates;
  // Rows of U that are whole vectors, which are worked on where they stand, and others.
  Geometry whole{6, 2, 16, 32, ATTN_F32, ATTN_F32}, odd{4, 2, 20, 24, ATTN_F32, ATTN_F32};
  Geometry rounded = whole;
  rounded.keyType = ATTN_BF16;
  FeatureMapForm power = FeatureMapForm::power(2), linear = FeatureMapForm::linear();
  FeatureMapForm fading = FeatureMapForm::retention(Gates::data), fixed = FeatureMapForm::retention(Gates::fixed);
  std::vector<StateCase> cases;
  for (Layout layout : {Layout::ragged, Layout::packed})
    for (int64_t switchOver : {0, 1, 40, 64}) {
      cases.push_back({"power 2", whole, power, layout, switchOver});
      cases.push_back({"retention", odd, fading, layout, switchOver});
    }
  for (int64_t switchOver : {0, 17}) {
    cases.push_back({"linear", odd, linear, Layout::ragged, switchOver});
    cases.push_back({"power 2", rounded, power, Layout::ragged, switchOver});
    cases.push_back({"fixed retention", whole, fixed, Layout::ragged, switchOver});
    for (const char *form : {"quadratic", "chunked", "recurrent"}) {
      cases.push_back({"retention", whole, fading, Layout::ragged, switchOver});
      cases.back().form.form = form;
    }
  }
  return cases;
}

std::vector<std::string> runStateCase(const Options &options, const StateCase &tested, size_t number, int &counted) {
  // As much as the caches may have to hold, and no more.
  int64_t most = tested.switchOver ? tested.switchOver - 1 + std::max(mostRows, tested.switchOver) : 0;
  return runInSessions(
      options, {tested.name(), moduleOf(tested), number}, {sequences, most},
      [&](attn_session_t *session) { return check(session, tested); }, counted);
}

} // namespace attn::numerics
