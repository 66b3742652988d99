//===- ModelCheck.cpp - attn-model-check: a language model against itself, and its tokens as numbers ---===//
//
// attn-model-check tokens   PROGRAM WEIGHTS COUNT TOKEN…      prints COUNT greedy tokens, one line
// attn-model-check draw     PROGRAM WEIGHTS COUNT SEED ARGUMENT VALUE TOKEN…
//     prints COUNT tokens drawn at temperature 1; the integer VALUE is each element of the i32 ARGUMENT
// attn-model-check encode   PROGRAM WEIGHTS TEXT              prints the tokens of a text, one line
// attn-model-check agree    PROGRAM WEIGHTS SEQUENCES LENGTHS STEP BOUND TOKEN…
//     prefills ragged batches of SEQUENCES prompts, whose lengths over all batches are 1, 1 + STEP, … LENGTHS, decodes
//     one more token each, and compares with one pass over the whole text; prints the largest error, which is relative
//     to the row's largest absolute logit. Fails if it is above BOUND.
//
// WEIGHTS is a file, or random:SEED.
//
//===----------------------------------------------------------------------===//

#include "runtime/attn.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

/// Ends the program with a status's message.
static void check(attn_status_t *status) {
  if (!status)
    return;
  std::fprintf(stderr, "attn-model-check: %s\n", attn_status_message(status));
  std::exit(1);
}

namespace {

/// A device, a program and weights, for as long as the process lives.
struct Model {
  Model(const char *programPath, const char *weightsPath) {
    check(attn_device_create("cpu", 0, &device));
    check(attn_program_open(programPath, &program));
    const char *prefix = "random:";
    bool isSeed = std::strncmp(weightsPath, prefix, std::strlen(prefix)) == 0;
    check(isSeed ? attn_weights_random(std::strtoull(weightsPath + std::strlen(prefix), nullptr, 10), &weights)
                 : attn_weights_open(weightsPath, &weights));
  }
  ~Model() {
    attn_weights_release(weights);
    attn_program_release(program);
    attn_device_release(device);
  }

  attn_session_t *session(int64_t sequences, int64_t capacity) const {
    attn_session_options_t options = {sequences, capacity};
    attn_session_t *result = nullptr;
    check(attn_session_create(device, program, weights, &options, &result));
    return result;
  }

  attn_device_t *device = nullptr;
  attn_program_t *program = nullptr;
  attn_weights_t *weights = nullptr;
};

} // namespace

/// Runs one step; `tokens` is (sequences, rows). The logits are the session's until its next run.
static const float *step(attn_session_t *session, const char *function, std::vector<int32_t> &tokens,
                         std::vector<int32_t> &lengths, int64_t *vocabulary) {
  auto sequences = static_cast<int64_t>(lengths.size());
  int64_t sizes[] = {sequences, static_cast<int64_t>(tokens.size()) / sequences};
  attn_tensor_t arguments[] = {attn_tensor(tokens.data(), ATTN_I32, 2, sizes),
                               attn_tensor(lengths.data(), ATTN_I32, 1, sizes)};
  attn_tensor_t logits = {};
  check(attn_session_run(session, function, arguments, 2, &logits, 1));
  *vocabulary = logits.sizes[logits.rank - 1];
  return static_cast<const float *>(logits.data);
}

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

static bool printToken(void *, int32_t token, const char *, size_t) {
  std::printf("%d ", token);
  return true;
}

/// Ends with the session.
static int printTokens(attn_session_t *session, attn_generate_options_t options, const std::vector<int32_t> &prompt) {
  options.ignore_stop = true;
  check(attn_generate(session, nullptr, prompt.data(), prompt.size(), &options, printToken, nullptr, nullptr));
  std::printf("\n");
  attn_session_release(session);
  return 0;
}

static int printLikeliest(const Model &model, int64_t count, const std::vector<int32_t> &prompt) {
  attn_generate_options_t options = {};
  options.max_tokens = count;
  return printTokens(model.session(1, static_cast<int64_t>(prompt.size()) + count + 1), options, prompt);
}

static int printDrawn(const Model &model, int64_t count, uint64_t seed, const char *argument, int32_t value,
                      const std::vector<int32_t> &prompt) {
  attn_generate_options_t options = {};
  options.max_tokens = count;
  options.temperature = 1;
  options.seed = seed;
  attn_session_t *session = model.session(1, static_cast<int64_t>(prompt.size()) + count + 1);
  attn_tensor_t number = attn_tensor(&value, ATTN_I32, 0, nullptr);
  check(attn_session_set_argument(session, argument, &number));
  return printTokens(session, options, prompt);
}

static int printEncoded(const Model &model, const char *text) {
  attn_tokenizer_t *tokenizer = nullptr;
  check(attn_tokenizer_create(model.weights, &tokenizer));
  int32_t *tokens = nullptr;
  size_t count = 0;
  check(attn_tokenizer_encode(tokenizer, text, std::strlen(text), false, &tokens, &count));
  for (size_t index = 0; index < count; ++index)
    std::printf("%d ", tokens[index]);
  std::printf("\n");
  attn_tokens_release(tokens);
  attn_tokenizer_release(tokenizer);
  return 0;
}

//===----------------------------------------------------------------------===//
// Decode after prefill is prefill of the longer text
//===----------------------------------------------------------------------===//

/// Row r: the logits after tokens[0 … r], of one pass.
static std::vector<float> onePass(const Model &model, std::vector<int32_t> tokens, int64_t *vocabulary) {
  auto count = static_cast<int32_t>(tokens.size());
  attn_session_t *session = model.session(1, count);
  std::vector<int32_t> lengths = {count};
  const float *logits = step(session, "logits", tokens, lengths, vocabulary);
  std::vector<float> result(logits, logits + count * *vocabulary);
  attn_session_release(session);
  return result;
}

static double rowError(const float *actual, const float *expected, int64_t vocabulary) {
  double error = 0, largest = 0;
  for (int64_t index = 0; index < vocabulary; ++index) {
    double difference = std::fabs(static_cast<double>(actual[index]) - expected[index]);
    error = std::isnan(difference) ? HUGE_VAL : std::max(error, difference);
    largest = std::max(largest, std::fabs(static_cast<double>(expected[index])));
  }
  return error / largest;
}

static int agree(const Model &model, int64_t sequences, int32_t longest, int32_t stride, double bound,
                 const std::vector<int32_t> &text) {
  int64_t vocabulary = 0;
  std::vector<float> reference =
      onePass(model, std::vector<int32_t>(text.begin(), text.begin() + longest + 1), &vocabulary);
  attn_session_t *session = model.session(sequences, longest + 1);

  // Lengths far apart meet in one batch: each batch takes one of every stretch.
  std::vector<int32_t> all;
  for (int32_t length = 1; length <= longest; length += stride)
    all.push_back(length);
  auto batches = static_cast<int64_t>((all.size() + sequences - 1) / sequences);
  double worst = 0;
  int32_t worstLength = 0;
  for (int64_t batch = 0; batch < batches; ++batch) {
    std::vector<int32_t> lengths;
    for (int64_t n = 0; n < sequences; ++n)
      lengths.push_back(all[std::min<size_t>(batch + n * batches, all.size() - 1)]);
    int32_t rows = *std::max_element(lengths.begin(), lengths.end());
    std::vector<int32_t> tokens, next, ones(sequences, 1);
    for (int32_t length : lengths) {
      tokens.insert(tokens.end(), text.begin(), text.begin() + length);
      tokens.resize(tokens.size() + rows - length, 0);
      next.push_back(text[length]);
    }
    check(attn_session_reset(session));
    for (int pass = 0; pass < 2; ++pass) {
      const float *logits = step(session, "main", pass ? next : tokens, pass ? ones : lengths, &vocabulary);
      for (int64_t n = 0; n < sequences; ++n) {
        double error = rowError(logits + n * vocabulary, &reference[(lengths[n] - 1 + pass) * vocabulary], vocabulary);
        if (error > worst)
          worst = error, worstLength = lengths[n] + pass;
      }
    }
  }
  attn_session_release(session);
  std::printf("largest error %.3g, at length %d\n", worst, worstLength);
  return worst <= bound ? 0 : 1;
}

int main(int count, char **words) {
  std::string what = count > 3 ? words[1] : "";
  auto numbersFrom = [&](int first) {
    std::vector<int32_t> result;
    for (int index = first; index < count; ++index)
      result.push_back(std::atoi(words[index]));
    return result;
  };
  if (what == "tokens" && count > 5)
    return printLikeliest(Model(words[2], words[3]), std::atoll(words[4]), numbersFrom(5));
  if (what == "draw" && count > 8)
    return printDrawn(Model(words[2], words[3]), std::atoll(words[4]), std::strtoull(words[5], nullptr, 10), words[6],
                      std::atoi(words[7]), numbersFrom(8));
  if (what == "encode" && count == 5)
    return printEncoded(Model(words[2], words[3]), words[4]);
  if (what == "agree" && count > 8 && count - 8 > std::atoi(words[5]))
    return agree(Model(words[2], words[3]), std::atoll(words[4]), std::atoi(words[5]), std::atoi(words[6]),
                 std::atof(words[7]), numbersFrom(8));
  std::fprintf(stderr, "usage: attn-model-check tokens|draw|encode|agree PROGRAM WEIGHTS …; see ModelCheck.cpp\n");
  return 2;
}
