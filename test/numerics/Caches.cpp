//===- Caches.cpp - attention over states that grow from call to call ---===//

#include "test/numerics/Harness.h"

#include <cmath>

namespace attn::numerics {

static constexpr int64_t sequences = 3, capacity = 200;
static const Geometry geometry = {6, 2, 64, 64, ATTN_F32, ATTN_F32};

static std::string argument(const std::string &name, const std::string &type, const std::string &dims) {
  return "%" + name + ": " + type + " {nn.name = \"" + name + "\"" +
         (dims.empty() ? "" : ", nn.dims = [" + dims + "]") + "}";
}

static std::string moduleOf(const CacheCase &test) {
  bool packed = test.layout == Layout::packed;
  std::string cache = "!attn.cache<?x?x2x64x" + typeName(test.type) + ">";
  std::string rows = packed ? "tensor<?x" : "tensor<?x?x", queries = rows + "6x64xf32>", keys = rows + "2x64xf32>";
  std::string lead = packed ? "\"R\", " : "\"B\", \"T\", ", vector = "tensor<?xi32>";
  std::string lengths = packed ? argument("offsets", vector, "\"B + 1\"") : argument("lengths", vector, "\"B\"");
  bool areWeights = test.result != Result::output;
  std::string weights = "tensor<?x6x?x?xf32>", result = areWeights ? weights : queries;
  std::string query = test.operand ? "%query_1" : "%query", key = test.operand ? "%key_1" : "%key";
  std::string others, chain, scores = "%scores_0";
  for (size_t index = 0; index < test.modifiers.size(); ++index) {
    for (const Argument &other : test.modifiers[index]->arguments(geometry)) {
      std::string dims;
      for (const std::string &dim : other.dims)
        dims += (dims.empty() ? "\"" : ", \"") + dim + "\"";
      others += ",\n                " + argument(other.name, other.type, dims);
    }
    std::string next = "%scores_" + std::to_string(index + 1);
    chain += "  " + test.modifiers[index]->text(scores, next, geometry) + "\n";
    scores = next;
  }
  return "func.func @main(" + argument("query", queries, lead + "\"6\", \"64\"") + ",\n                " +
         argument("key", keys, lead + "\"2\", \"64\"") + ",\n                " +
         argument("value", keys, lead + "\"2\", \"64\"") + ",\n                " + lengths + ",\n                " +
         argument("keys", cache, "\"B\", \"C\", \"2\", \"64\"") + ",\n                " +
         argument("values", cache, "\"B\", \"C\", \"2\", \"64\"") + others + ")\n    -> (" + result +
         " {nn.name = \"output\"}) {\n"
         "  %start = attn.length %keys : " +
         cache + " -> " + vector +
         "\n"
         "  %sequences = attn." +
         (packed ? "packed %offsets : " + vector : "padded queries(%lengths : " + vector + ")") +
         " start %start : " + vector + "\n" +
         (test.operand ? "  " + test.operand->text(queries, keys, "%sequences", "%sequences") + "\n" : "") +
         "  attn.append %keys, " + key + " at %sequences : " + cache + ", " + keys +
         "\n"
         "  attn.append %values, %value at %sequences : " +
         cache + ", " + keys +
         "\n"
         "  %scores_0 = attn.dot_product " +
         query + ", %keys : " + queries + ", " + cache + "\n" + chain + "  %output = attn.softmax " + scores +
         ", %values in %sequences : " + cache + " -> " + queries + "\n" +
         (areWeights ? "  %asked = attn.weights of %output : " + queries + " -> " + weights + "\n" : "") + "  return " +
         (areWeights ? "%asked" : "%output") + " : " + result +
         "\n"
         "}\n";
}

/// What the caches hold, by hand.
struct Filled {
  std::vector<Array> keys, values; ///< one (capacity, head, width) array a sequence, in the cache's type
  std::vector<int32_t> lengths = std::vector<int32_t>(sequences, 0);
};

static void append(Filled &filled, const Problem &call) {
  int64_t row = geometry.keyHeads * geometry.width;
  for (int64_t n = 0; n < sequences; ++n) {
    for (int64_t r = 0; r < call.queryLengths[n]; ++r)
      for (int64_t f = 0; f < row; ++f) {
        filled.keys[n].set((filled.lengths[n] + r) * row + f, call.key.at(call.keyAt(n, r, 0) + f));
        filled.values[n].set((filled.lengths[n] + r) * row + f, call.value.at(call.valueAt(n, r, 0) + f));
      }
    filled.lengths[n] += call.queryLengths[n];
  }
}

/// The call as the oracle sees it: all the keys so far, the queries behind those of earlier calls.
static Problem whole(const Filled &filled, const Problem &call) {
  Problem problem = call;
  problem.geometry.keyType = filled.keys[0].type();
  problem.keys = capacity;
  problem.key = Array(problem.geometry.keyType, {sequences, capacity, geometry.keyHeads, geometry.width});
  problem.value = problem.key;
  int64_t row = geometry.keyHeads * geometry.width;
  for (int64_t n = 0; n < sequences; ++n) {
    problem.keyLengths[n] = filled.lengths[n];
    problem.starts[n] = filled.lengths[n] - call.queryLengths[n];
    for (int64_t index = 0; index < filled.lengths[n] * row; ++index) {
      problem.key.set(n * capacity * row + index, filled.keys[n].at(index));
      problem.value.set(n * capacity * row + index, filled.values[n].at(index));
    }
  }
  return problem;
}

/// One call, its rows packed or not; `others` are what the modifiers take.
static attn_status_t *runCall(attn_session_t *session, Layout layout, Problem &call, std::vector<Array> &others,
                              Array &output, std::optional<std::string> &failure) {
  auto run = [&](Array &query, Array &key, Array &value, Array &rows, Array &results) {
    std::vector<attn_tensor_t> inputs = {query.tensor(), key.tensor(), value.tensor(), rows.tensor()};
    for (Array &other : others)
      inputs.push_back(other.tensor());
    attn_tensor_t result = results.tensor();
    return attn_session_run(session, "main", inputs.data(), inputs.size(), &result, 1);
  };
  if (layout != Layout::packed) {
    Array lengths = Array::vector(call.queryLengths);
    return run(call.query, call.key, call.value, lengths, output);
  }
  std::vector<int32_t> offsets = {0};
  for (int32_t length : call.queryLengths)
    offsets.push_back(offsets.back() + length);
  Array query = pack(call.query, call.queryLengths), key = pack(call.key, call.queryLengths);
  Array value = pack(call.value, call.queryLengths), at = Array::vector(offsets), packed(ATTN_F32, query.sizes());
  attn_status_t *status = run(query, key, value, at, packed);
  if (!status)
    failure = unpack(packed, call.queryLengths, output);
  return status;
}

static std::vector<Array> draw(const CacheCase &tested, const Problem &problem, Random &random) {
  std::vector<Array> result;
  for (const auto &modifier : tested.modifiers)
    for (Array &value : modifier->draw(problem, random))
      result.push_back(std::move(value));
  return result;
}

/// Prefill, single tokens, calls in which a sequence is idle, a call that spans tiles; then one that is too long.
static std::optional<std::string> callAgain(attn_session_t *session, const CacheCase &tested) {
  static const int32_t calls[][sequences] = {{7, 16, 0}, {1, 1, 1},   {1, 0, 1}, {65, 1, 17},
                                             {1, 1, 1},  {0, 63, 64}, {2, 1, 3}};
  Random random(7);
  Case test = makeCase("cache", geometry, Layout::ragged, Start::value, tested.modifiers);
  test.chain.lse = false;
  test.chain.operand = tested.operand;
  test.chain.result = tested.result;
  bool areWeights = tested.result != Result::output;
  auto resultSizes = [&](const Problem &call) {
    return areWeights ? std::vector<int64_t>{sequences, geometry.heads, call.rows, capacity} : call.outputSizes();
  };
  Filled filled;
  for (int64_t n = 0; n < sequences; ++n)
    filled.keys.emplace_back(tested.type, std::vector<int64_t>{capacity, geometry.keyHeads, geometry.width});
  filled.values = filled.keys;
  for (const int32_t *lengths : calls) {
    int64_t rows = std::max({lengths[0], lengths[1], lengths[2]});
    Problem call = makeProblem(geometry, Layout::dense, Start::topLeft, {sequences, rows, rows}, random);
    call.queryLengths.assign(lengths, lengths + sequences);
    std::vector<Array> results = {Array(ATTN_F32, resultSizes(call))};
    append(filled, call);
    Problem problem = whole(filled, call);
    std::vector<Array> others = draw(tested, problem, random);
    std::optional<std::string> wrong;
    if (attn_status_t *status = runCall(session, tested.layout, call, others, results[0], wrong)) {
      std::string message = attn_status_message(status);
      attn_status_release(status);
      return message;
    }
    if (wrong)
      return wrong;
    Expected expected = evaluate(test, problem);
    if (areWeights) // as in runCase, of either lowering
      expected.slack = 3;
    if (auto failure = compare(test, problem, expected, results))
      return "after " + std::to_string(filled.lengths[0]) + " positions: " + *failure;
  }
  Problem call = makeProblem(geometry, Layout::dense, Start::topLeft, {sequences, capacity, capacity}, random);
  std::vector<Array> results = {Array(ATTN_F32, resultSizes(call))};
  std::vector<Array> others = draw(tested, call, random);
  std::optional<std::string> wrong;
  attn_status_t *status = runCall(session, tested.layout, call, others, results[0], wrong);
  attn_code_t code = attn_status_code(status);
  attn_status_release(status);
  if (code != ATTN_OUT_OF_RANGE)
    return "a call beyond the capacity gave code " + std::to_string(code);
  return std::nullopt;
}

std::string CacheCase::name() const {
  return std::string(result == Result::output ? "cache " : "weights of a cache ") + typeName(type) +
         (layout == Layout::packed ? " packed" : "") + (operand ? " rotary" : "") + " " + title;
}

std::vector<CacheCase> cacheCases() {
  std::vector<CacheCase> cases;
  for (Layout layout : {Layout::ragged, Layout::packed}) {
    for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
      cases.push_back({type, layout, nullptr, "causal", {causal()}});
    // A cache holds rotated keys; in f32, so that the formula, which rotates them all, rounds them no more often.
    cases.push_back({ATTN_F32, layout, rotary(), "causal", {causal()}});
    // What composes must compose over a cache: causal, grouped, ALiBi, soft-capped, windowed, with a sink.
    cases.push_back({ATTN_BF16, layout, nullptr, "chain", {softcap(), alibi(), causal(), slidingWindow(), sink()}});
  }
  for (attn_type_t type : {ATTN_F32, ATTN_BF16})
    cases.push_back({type, Layout::ragged, nullptr, "causal", {causal()}, Result::weights});
  return cases;
}

std::vector<std::string> runCacheCase(const Options &options, const CacheCase &tested, size_t number, int &counted) {
  return runInSessions(
      options, {tested.name(), moduleOf(tested), number}, {sequences, capacity},
      [&](attn_session_t *session) { return callAgain(session, tested); }, counted);
}

} // namespace attn::numerics
