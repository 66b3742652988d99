//===- BeamsTest.cpp - the likeliest continuation, by several at once -*- C++ -*-===//

#include "runtime/Beams.h"
#include "runtime/Generate.h"
#include "test/unit/files/Samples.h"
#include "test/unit/runtime/HandMade.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace attn;

/// The mean log-probability of |said| after |prompt| by the hand-made model, whose logit of v is −(v − w)², w the sum
/// of all tokens before, modulo 100.
static double meanOf(const std::vector<int32_t> &prompt, const std::vector<int32_t> &said) {
  int32_t sum = 0;
  for (int32_t token : prompt)
    sum += token;
  double total = 0;
  for (int32_t token : said) {
    int32_t wanted = sum % 100;
    double all = 0;
    for (int32_t v = 0; v < 100; ++v)
      all += std::exp(-static_cast<double>((v - wanted) * (v - wanted)));
    total += -static_cast<double>((token - wanted) * (token - wanted)) - std::log(all);
    sum += token;
  }
  return total / static_cast<double>(said.size());
}

static Result<std::unique_ptr<Session>> openBeams(int64_t beams) {
  SessionOptions options;
  options.sequences = beams;
  return openSession(handMadeJson(), options);
}

TEST(Beams, one_beam_says_the_likeliest_tokens) {
  Result<std::unique_ptr<Session>> session = openBeams(1);
  ASSERT_TRUE(session.ok()) << session.status().message();
  BeamOptions options;
  options.maxTokens = 4;
  Result<Hypothesis> best = searchBeams(**session, {1, 2}, options);
  ASSERT_TRUE(best.ok()) << best.status().message();
  EXPECT_EQ(best->tokens, (std::vector<int32_t>{3, 6, 12, 24}));
}

TEST(Beams, scores_are_those_of_the_tokens_so_every_beam_has_its_own_past) {
  for (int64_t beams = 2; beams <= 5; ++beams) {
    Result<std::unique_ptr<Session>> session = openBeams(beams);
    ASSERT_TRUE(session.ok()) << session.status().message();
    BeamOptions options;
    for (options.maxTokens = 1; options.maxTokens <= 6; ++options.maxTokens) {
      (*session)->states().reset();
      Result<Hypothesis> best = searchBeams(**session, {1, 2}, options);
      ASSERT_TRUE(best.ok()) << best.status().message();
      ASSERT_EQ(static_cast<int64_t>(best->tokens.size()), options.maxTokens);
      EXPECT_NEAR(best->score, meanOf({1, 2}, best->tokens), 1e-6);
      // Here a wider search finds nothing worse than the greedy text.
      std::vector<int32_t> greedy = {3, 6, 12, 24, 48, 96};
      greedy.resize(static_cast<size_t>(options.maxTokens));
      EXPECT_GE(best->score + 1e-9, meanOf({1, 2}, greedy));
    }
  }
}

TEST(Beams, a_stop_token_ends_a_text_and_is_not_said) {
  Result<std::unique_ptr<Session>> session = openBeams(1);
  ASSERT_TRUE(session.ok()) << session.status().message();
  BeamOptions options;
  options.stopToken = 12;
  Result<Hypothesis> best = searchBeams(**session, {1, 2}, options);
  ASSERT_TRUE(best.ok()) << best.status().message();
  EXPECT_EQ(best->tokens, (std::vector<int32_t>{3, 6}));
  EXPECT_NEAR(best->score, meanOf({1, 2}, {3, 6, 12}), 1e-6);
}

TEST(Beams, a_full_cache_ends_the_search) {
  Result<std::unique_ptr<Session>> session = openBeams(2);
  ASSERT_TRUE(session.ok()) << session.status().message();
  Result<int> function = findLanguageModel((*session)->program());
  ASSERT_TRUE(function.ok());
  int64_t room = roomLeft(**session, *function);
  BeamOptions options;
  options.maxTokens = room + 10;
  Result<Hypothesis> best = searchBeams(**session, {1, 2}, options);
  ASSERT_TRUE(best.ok()) << best.status().message();
  EXPECT_EQ(static_cast<int64_t>(best->tokens.size()), room - 2 + 1); // the last one is said, but not read
}

TEST(Beams, an_empty_prompt_is_refused) {
  Result<std::unique_ptr<Session>> session = openBeams(2);
  ASSERT_TRUE(session.ok()) << session.status().message();
  EXPECT_EQ(searchBeams(**session, {}, BeamOptions()).status().code(), Code::invalid_argument);
}
