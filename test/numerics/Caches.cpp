//===- Caches.cpp - attention over states that grow from call to call ---===//

#include "test/numerics/Harness.h"

#include <cmath>

namespace attn::numerics {

static constexpr int64_t sequences = 3, capacity = 200;
static const Geometry geometry = {6, 2, 64, 64, ATTN_F32, ATTN_F32};

static std::string moduleOf(attn_type_t cacheType) {
  std::string cache = "!attn.cache<?x?x2x64x" + typeName(cacheType) + ">";
  return "func.func @main(%query: tensor<?x?x6x64xf32> {nn.name = \"query\", nn.dims = [\"B\", \"T\", \"6\", \"64\"]},\n"
         "                %key: tensor<?x?x2x64xf32> {nn.name = \"key\", nn.dims = [\"B\", \"T\", \"2\", \"64\"]},\n"
         "                %value: tensor<?x?x2x64xf32> {nn.name = \"value\", nn.dims = [\"B\", \"T\", \"2\", \"64\"]},\n"
         "                %lengths: tensor<?xi32> {nn.name = \"lengths\", nn.dims = [\"B\"]},\n"
         "                %keys: " + cache + " {nn.name = \"keys\", nn.dims = [\"B\", \"C\", \"2\", \"64\"]},\n"
         "                %values: " + cache + " {nn.name = \"values\", nn.dims = [\"B\", \"C\", \"2\", \"64\"]})\n"
         "    -> (tensor<?x?x6x64xf32> {nn.name = \"output\"}) {\n"
         "  %start = attn.length %keys : " + cache + " -> tensor<?xi32>\n"
         "  %sequences = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>\n"
         "  attn.append %keys, %key at %sequences : " + cache + ", tensor<?x?x2x64xf32>\n"
         "  attn.append %values, %value at %sequences : " + cache + ", tensor<?x?x2x64xf32>\n"
         "  %scores = attn.dot_product %query, %keys : tensor<?x?x6x64xf32>, " + cache + "\n"
         "  %masked = attn.causal %scores\n"
         "  %output = attn.softmax %masked, %values in %sequences : " + cache + " -> tensor<?x?x6x64xf32>\n"
         "  return %output : tensor<?x?x6x64xf32>\n"
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

/// Prefill, single tokens, calls in which a sequence is idle, a call that spans tiles; then one that is too long.
static std::optional<std::string> callAgain(attn_session_t *session, attn_type_t cacheType) {
  static const int32_t calls[][sequences] = {{7, 16, 0}, {1, 1, 1}, {1, 0, 1}, {65, 1, 17}, {1, 1, 1}, {0, 63, 64}, {2, 1, 3}};
  Random random(7);
  Case test = makeCase("cache", geometry, Layout::ragged, Start::value, {causal()});
  test.chain.lse = false;
  Filled filled;
  for (int64_t n = 0; n < sequences; ++n)
    filled.keys.emplace_back(cacheType, std::vector<int64_t>{capacity, geometry.keyHeads, geometry.width});
  filled.values = filled.keys;
  auto run = [&](Problem &call, std::vector<Array> &results) {
    Array lengths = Array::vector(call.queryLengths);
    attn_tensor_t inputs[] = {call.query.tensor(), call.key.tensor(), call.value.tensor(), lengths.tensor()};
    attn_tensor_t output = results[0].tensor();
    return attn_session_run(session, "main", inputs, 4, &output, 1);
  };
  for (const int32_t *lengths : calls) {
    int64_t rows = std::max({lengths[0], lengths[1], lengths[2]});
    Problem call = makeProblem(geometry, Layout::dense, Start::topLeft, {sequences, rows, rows}, random);
    call.queryLengths.assign(lengths, lengths + sequences);
    std::vector<Array> results = {Array(ATTN_F32, call.outputSizes())};
    if (attn_status_t *status = run(call, results)) {
      std::string message = attn_status_message(status);
      attn_status_release(status);
      return message;
    }
    append(filled, call);
    Problem problem = whole(filled, call);
    if (auto failure = compare(test, problem, evaluate(test, problem), results))
      return "after " + std::to_string(filled.lengths[0]) + " positions: " + *failure;
  }
  Problem call = makeProblem(geometry, Layout::dense, Start::topLeft, {sequences, capacity, capacity}, random);
  std::vector<Array> results = {Array(ATTN_F32, call.outputSizes())};
  attn_status_t *status = run(call, results);
  attn_code_t code = attn_status_code(status);
  attn_status_release(status);
  if (code != ATTN_OUT_OF_RANGE)
    return "a call beyond the capacity gave code " + std::to_string(code);
  return std::nullopt;
}

std::vector<std::string> runCacheCase(const Options &options, attn_type_t cacheType, Lowering lowering, size_t number) {
  std::string name = "cache " + typeName(cacheType) + (lowering == Lowering::fused ? " [fused]" : " [reference]");
  std::string path = options.folder + "/" + std::to_string(number) + ".cache.attn";
  if (auto failure = compile(options, moduleOf(cacheType), lowering, path))
    return {name + ": " + *failure};
  if (!options.runs)
    return {};
  attn_program_t *program = nullptr;
  attn_device_t *device = nullptr;
  attn_session_t *session = nullptr;
  attn_session_options_t sizes = {sequences, capacity};
  attn_status_t *status = attn_program_open(path.c_str(), &program);
  if (!status)
    status = attn_device_create("cpu", 2, &device);
  if (!status)
    status = attn_session_create(device, program, nullptr, &sizes, &session);
  std::optional<std::string> failure;
  if (status)
    failure = attn_status_message(status);
  else
    failure = callAgain(session, cacheType);
  attn_status_release(status);
  attn_session_release(session);
  attn_device_release(device);
  attn_program_release(program);
  if (failure)
    return {name + ": " + *failure + " (module " + path + ".mlir)"};
  return {};
}

} // namespace attn::numerics
