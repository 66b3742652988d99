//===- GenerateTest.cpp - the loop of a language model -*- C++ -*-===//

#include "runtime/Generate.h"
#include "test/unit/files/Samples.h"
#include "test/unit/runtime/HandMade.h"

#include <gtest/gtest.h>
#include <unistd.h>

using namespace attn;

/// What the hand-made model says after |tokens|: each token is the sum of all before, modulo 100.
static std::vector<int32_t> sums(std::vector<int32_t> tokens, int count) {
  std::vector<int32_t> said;
  for (int i = 0; i < count; ++i) {
    int32_t sum = 0;
    for (int32_t token : tokens)
      sum += token;
    said.push_back(sum % 100);
    tokens.push_back(sum % 100);
  }
  return said;
}

static Result<std::vector<int32_t>> say(Session &session, const std::vector<int32_t> &prompt,
                                        const GenerateOptions &options, attn_generate_stats_t &stats) {
  std::vector<int32_t> said;
  ATTN_RETURN_IF_ERROR(generate(
      session, prompt, options, [&](int32_t token) { return said.push_back(token), true; }, stats));
  return said;
}

TEST(Generate, says_what_the_model_votes_for_at_any_length_of_the_prompt) {
  Result<std::unique_ptr<Session>> session = openSession(handMadeJson());
  ASSERT_TRUE(session.ok());
  GenerateOptions options;
  options.maxTokens = 5;
  attn_generate_stats_t stats;
  for (int length = 1; length <= 13; ++length) { // chunks are of 4
    std::vector<int32_t> prompt;
    for (int i = 0; i < length; ++i)
      prompt.push_back(3 * i + 1);
    (*session)->states().reset();
    Result<std::vector<int32_t>> said = say(**session, prompt, options, stats);
    ASSERT_TRUE(said.ok()) << said.status().message();
    EXPECT_EQ(*said, sums(prompt, 5));
    EXPECT_EQ(stats.prefill_tokens, length);
    EXPECT_EQ(stats.decode_tokens, 4);
  }
}

TEST(Generate, stops_where_it_is_told) {
  Result<std::unique_ptr<Session>> session = openSession(handMadeJson());
  ASSERT_TRUE(session.ok());
  GenerateOptions options;
  attn_generate_stats_t stats;
  std::vector<int32_t> expected = sums({1, 2}, 5); // 3 6 12 24 48
  options.stopTokens = {expected[3]};
  EXPECT_EQ(*say(**session, {1, 2}, options, stats), std::vector<int32_t>(expected.begin(), expected.begin() + 3));

  (*session)->states().reset();
  options.stopTokens = {};
  int heard = 0;
  ASSERT_TRUE(generate(
                  **session, {1, 2}, options, [&](int32_t) { return ++heard < 2; }, stats)
                  .ok());
  EXPECT_EQ(heard, 2);

  // The cache of 32 is full after 30 more, and the last logits still give a token.
  (*session)->states().reset();
  EXPECT_EQ(say(**session, {1, 2}, options, stats)->size(), 31u);
}

TEST(Generate, refuses_what_cannot_be) {
  Result<std::unique_ptr<Session>> session = openSession(handMadeJson());
  ASSERT_TRUE(session.ok());
  GenerateOptions options;
  attn_generate_stats_t stats;
  EXPECT_FAILS(say(**session, {}, options, stats).status(), Code::invalid_argument, "the prompt has no tokens");
  EXPECT_FAILS(say(**session, std::vector<int32_t>(33, 1), options, stats).status(), Code::out_of_range,
               "the prompt has 33 tokens, but the cache has room for 32");
  EXPECT_EQ((*session)->states()[0].lengths[0], 0);
  options.sampler.temperature = -1;
  EXPECT_FALSE(say(**session, {1}, options, stats).ok());
}

TEST(Generate, compares_the_metadata_of_the_weights) {
  Result<Program> program = readProgram(
      replaced(handMadeJson(), "{\"toy.layers\": 2}",
               R"({"toy.layers": 3, "toy.base": 0.1, "toy.kind": "small", "toy.flag": true, "toy.none": 1})"));
  ASSERT_TRUE(program.ok());
  samples::GgufBuilder file;
  file.scalar<uint32_t>("toy.layers", GgufType::u32, 2);
  file.scalar<float>("toy.base", GgufType::f32, 0.1f);
  file.text("toy.kind", "large");
  file.scalar<uint8_t>("toy.flag", GgufType::boolean, 1);
  samples::Bytes bytes = file.finish(0);
  char path[] = "/tmp/attn-metadata-XXXXXX";
  int descriptor = mkstemp(path);
  ASSERT_GE(descriptor, 0);
  close(descriptor);
  ASSERT_TRUE(writeFile(path, bytes.data(), bytes.size()).ok());
  Result<std::shared_ptr<WeightSource>> source = WeightSource::open(path);
  unlink(path);
  ASSERT_TRUE(source.ok()) << source.status().message();
  Status status = checkMetadata(*program, source->get());
  EXPECT_FAILS(status, Code::unsupported, "'toy.layers' is 2, but 3 is needed");
  EXPECT_FAILS(status, Code::unsupported, "'toy.kind' is 'large', but 'small' is needed");
  EXPECT_FAILS(status, Code::unsupported, "'toy.none' is missing");
  EXPECT_EQ(status.message().find("toy.base"), std::string::npos);
  EXPECT_EQ(status.message().find("toy.flag"), std::string::npos);
  EXPECT_TRUE(checkMetadata(*program, WeightSource::random(1).get()).ok());
}
