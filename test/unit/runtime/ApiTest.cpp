//===- ApiTest.cpp - the C API, as a caller uses it -*- C++ -*-===//

#include "runtime/attn.h"
#include "test/unit/runtime/HandMade.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace attn;

/// Releases |status| and returns its code.
static attn_code_t codeOf(attn_status_t *status, std::string *message = nullptr) {
  attn_code_t code = attn_status_code(status);
  if (message)
    *message = attn_status_message(status);
  attn_status_release(status);
  return code;
}

#define EXPECT_OK(expression)                                                                                          \
  do {                                                                                                                 \
    std::string message_;                                                                                              \
    EXPECT_EQ(codeOf(expression, &message_), ATTN_OK) << message_;                                                     \
  } while (false)

namespace {

class ApiTest : public ::testing::Test {
protected:
  void SetUp() override {
    std::vector<std::byte> bytes = handMade();
    EXPECT_OK(attn_device_create("cpu", 2, &device));
    EXPECT_OK(attn_program_open_bytes(bytes.data(), bytes.size(), &program));
    EXPECT_OK(attn_weights_random(7, &weights));
    EXPECT_OK(attn_session_create(device, program, weights, nullptr, &session));
  }
  void TearDown() override {
    // The order in which things were made, which is the wrong one in most libraries.
    attn_device_release(device);
    attn_program_release(program);
    attn_weights_release(weights);
    attn_session_release(session);
  }

  attn_device_t *device = nullptr;
  attn_program_t *program = nullptr;
  attn_weights_t *weights = nullptr;
  attn_session_t *session = nullptr;
};

} // namespace

TEST_F(ApiTest, describes_a_program) {
  EXPECT_STREQ(attn_program_name(program), "by_hand");
  EXPECT_EQ(attn_program_count(program, ATTN_FUNCTIONS), 8u);
  EXPECT_EQ(attn_program_count(program, ATTN_WEIGHTS), 2u);
  attn_description_t description;
  EXPECT_OK(attn_program_describe(program, ATTN_FUNCTIONS, 3, &description));
  EXPECT_STREQ(description.name, "lm");
  EXPECT_TRUE(description.is_language_model);
  EXPECT_OK(attn_program_describe(program, ATTN_STATES, 0, &description));
  EXPECT_STREQ(description.shape, "[2, B, C, 1]");
  EXPECT_OK(attn_program_describe(program, ATTN_WEIGHTS, 0, &description));
  EXPECT_EQ(description.repeat, 2);
  EXPECT_OK(attn_program_describe(program, ATTN_KERNELS, 7, &description));
  EXPECT_FALSE(description.fused);
  EXPECT_STREQ(description.why, "it has nothing to fuse with");
  EXPECT_EQ(attn_function_argument_count(program, 2), 2u);
  EXPECT_OK(attn_function_argument(program, 2, 1, &description));
  EXPECT_STREQ(description.shape, "[K, R + K]");
  EXPECT_OK(attn_function_result(program, 2, 0, &description));
  EXPECT_STREQ(description.name, "y");
  EXPECT_EQ(codeOf(attn_program_describe(program, ATTN_STATES, 1, &description)), ATTN_OUT_OF_RANGE);
  EXPECT_EQ(codeOf(attn_function_argument(program, 99, 0, &description)), ATTN_OUT_OF_RANGE);
}

TEST_F(ApiTest, runs_and_handles_states) {
  int32_t tokens[] = {5, 6}, lengths[] = {2};
  const int64_t shape[] = {1, 2};
  attn_tensor_t arguments[] = {attn_tensor(tokens, ATTN_I32, 2, shape), attn_tensor(lengths, ATTN_I32, 1, shape)};
  attn_tensor_t logits = {};
  EXPECT_OK(attn_session_run(session, "lm", arguments, 2, &logits, 1));
  EXPECT_EQ(logits.sizes[1], 100);
  EXPECT_EQ(static_cast<float *>(logits.data)[11], 0);

  int64_t value = 0;
  EXPECT_OK(attn_state_length(session, "cache", 0, &value));
  EXPECT_EQ(value, 2);
  EXPECT_OK(attn_state_capacity(session, "cache", &value));
  EXPECT_EQ(value, 32);
  attn_tensor_t cache;
  EXPECT_OK(attn_state_read(session, "cache", &cache));
  EXPECT_EQ(static_cast<float *>(cache.data)[1], 6);

  attn_session_t *other = nullptr;
  EXPECT_OK(attn_session_create(device, program, weights, nullptr, &other));
  EXPECT_OK(attn_session_copy_sequence(other, 0, session, 0));
  EXPECT_OK(attn_session_truncate(other, 0, 1));
  EXPECT_OK(attn_state_length(other, "cache", 0, &value));
  EXPECT_EQ(value, 1);
  attn_session_release(other);

  EXPECT_OK(attn_session_reset(session));
  EXPECT_OK(attn_state_length(session, "cache", 0, &value));
  EXPECT_EQ(value, 0);
}

TEST_F(ApiTest, generates_without_a_tokenizer) {
  int32_t prompt[] = {1, 2};
  attn_generate_options_t options = {};
  options.max_tokens = 4;
  std::vector<int32_t> said;
  attn_generate_stats_t stats;
  EXPECT_OK(attn_generate(
      session, nullptr, prompt, 2, &options,
      [](void *user, int32_t token, const char *, size_t size) {
        static_cast<std::vector<int32_t> *>(user)->push_back(token);
        return size == 0;
      },
      &said, &stats));
  EXPECT_EQ(said, (std::vector<int32_t>{3, 6, 12, 24}));
  EXPECT_EQ(stats.prefill_tokens, 2);
}

TEST_F(ApiTest, refuses_arguments_that_no_step_takes) {
  std::string message;
  int32_t prompt[] = {1, 2}, number = 3;
  attn_tensor_t value = attn_tensor(&number, ATTN_I32, 0, nullptr);
  EXPECT_OK(attn_session_set_argument(session, "adapter", &value));
  EXPECT_EQ(codeOf(attn_generate(session, nullptr, prompt, 2, nullptr, nullptr, nullptr, nullptr), &message),
            ATTN_INVALID_ARGUMENT);
  EXPECT_EQ(message, "'adapter' is given, but beside tokens and lengths function 'lm' takes nothing; leave it out");
  EXPECT_OK(attn_session_set_argument(session, "adapter", nullptr));
  EXPECT_OK(attn_generate(session, nullptr, prompt, 2, nullptr, nullptr, nullptr, nullptr));

  value.rank = 77;
  EXPECT_EQ(codeOf(attn_session_set_argument(session, "adapter", &value), &message), ATTN_INVALID_ARGUMENT);
  EXPECT_NE(message.find("has rank 77"), std::string::npos) << message;
  value = attn_tensor(nullptr, ATTN_I32, 0, nullptr);
  EXPECT_EQ(codeOf(attn_session_set_argument(session, "adapter", &value), &message), ATTN_INVALID_ARGUMENT);
  EXPECT_NE(message.find("has no data"), std::string::npos) << message;
  EXPECT_EQ(codeOf(attn_session_set_argument(nullptr, "adapter", &value)), ATTN_INVALID_ARGUMENT);
}

TEST_F(ApiTest, says_what_is_wrong) {
  std::string message;
  attn_tensor_t tensor = {};
  EXPECT_EQ(codeOf(attn_session_run(session, "mine", &tensor, 1, nullptr, 0), &message), ATTN_NOT_FOUND);
  EXPECT_NE(message.find("there is no function 'mine'; functions of by_hand are: main, biases"), std::string::npos);
  int64_t value;
  EXPECT_EQ(codeOf(attn_state_length(session, "cash", 0, &value), &message), ATTN_NOT_FOUND);
  EXPECT_NE(message.find("states of this program are: cache"), std::string::npos);
  EXPECT_EQ(codeOf(attn_state_length(session, "cache", 1, &value)), ATTN_OUT_OF_RANGE);
  attn_device_t *none;
  EXPECT_EQ(codeOf(attn_device_create("cpu", -1, &none)), ATTN_INVALID_ARGUMENT);
  attn_program_t *missing;
  EXPECT_EQ(codeOf(attn_program_open("/nowhere/at.all", &missing), &message), ATTN_NOT_FOUND);
  EXPECT_NE(message.find("/nowhere/at.all"), std::string::npos);
  attn_tokenizer_t *tokenizer;
  EXPECT_EQ(codeOf(attn_tokenizer_create(weights, &tokenizer), &message), ATTN_UNSUPPORTED);
  attn_status_release(nullptr);
  EXPECT_EQ(attn_status_code(nullptr), ATTN_OK);
}

TEST_F(ApiTest, refuses_null_and_nonsense) {
  std::string message;
  int64_t value;
  attn_device_t *none;
  EXPECT_EQ(codeOf(attn_device_create(nullptr, 0, &none), &message), ATTN_INVALID_ARGUMENT);
  EXPECT_NE(message.find("argument name of attn_device_create is NULL"), std::string::npos) << message;
  EXPECT_EQ(codeOf(attn_device_create("cpu", 0, nullptr)), ATTN_INVALID_ARGUMENT);
  EXPECT_EQ(codeOf(attn_state_length(session, nullptr, 0, &value)), ATTN_INVALID_ARGUMENT);
  EXPECT_EQ(codeOf(attn_state_length(nullptr, "cache", 0, &value)), ATTN_INVALID_ARGUMENT);
  EXPECT_EQ(codeOf(attn_session_run(session, "lm", nullptr, 2, nullptr, 0)), ATTN_INVALID_ARGUMENT);
  EXPECT_EQ(codeOf(attn_generate(session, nullptr, nullptr, 3, nullptr, nullptr, nullptr, nullptr)),
            ATTN_INVALID_ARGUMENT);
  EXPECT_EQ(attn_program_count(nullptr, ATTN_STATES), 0u);

  int32_t tokens[] = {5, 6}, lengths[] = {2};
  const int64_t shape[] = {1, 2}, negative[] = {1, -3};
  attn_tensor_t arguments[] = {attn_tensor(tokens, ATTN_I32, 2, negative), attn_tensor(lengths, ATTN_I32, 1, shape)};
  attn_tensor_t logits = {};
  EXPECT_EQ(codeOf(attn_session_run(session, "lm", arguments, 2, &logits, 1), &message), ATTN_INVALID_ARGUMENT);
  EXPECT_NE(message.find("has the size -3 along dimension 1"), std::string::npos) << message;

  attn_tensor_t content;
  EXPECT_OK(attn_state_read(session, "cache", &content));
  content.rank = 77;
  EXPECT_EQ(codeOf(attn_state_write(session, "cache", &content), &message), ATTN_INVALID_ARGUMENT);
  EXPECT_NE(message.find("its content has rank 77"), std::string::npos) << message;
  EXPECT_OK(attn_state_read(session, "cache", &content));
  content.data = nullptr;
  EXPECT_EQ(codeOf(attn_state_write(session, "cache", &content)), ATTN_INVALID_ARGUMENT);

  attn_generate_options_t options = {};
  options.max_tokens = -5;
  EXPECT_EQ(codeOf(attn_generate(session, nullptr, tokens, 2, &options, nullptr, nullptr, nullptr)),
            ATTN_INVALID_ARGUMENT);
  options.max_tokens = 1;
  for (float top : {-1.0f, std::nanf(""), 2.0f}) {
    options.top_p = top;
    EXPECT_EQ(codeOf(attn_generate(session, nullptr, tokens, 2, &options, nullptr, nullptr, nullptr)),
              ATTN_INVALID_ARGUMENT);
  }
}
