//===- SamplerTest.cpp - drawing tokens from logits -----------------------===//

#include "runtime/text/Sampler.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <random>
#include <vector>

using namespace attn;

static constexpr float infinity = std::numeric_limits<float>::infinity();

static Sampler sampler(double temperature, int64_t topK = 0, double topP = 1, uint64_t seed = 0) {
  SamplerOptions options;
  options.temperature = temperature;
  options.topK = topK;
  options.topP = topP;
  options.seed = seed;
  return *Sampler::create(options);
}

static int32_t draw(const Sampler &sampler, const std::vector<float> &logits, uint32_t step = 0) {
  Result<int32_t> token = sampler.sample(logits.data(), static_cast<int64_t>(logits.size()), step);
  EXPECT_TRUE(token.ok()) << token.status().message();
  return token.ok() ? *token : -1;
}

/// How often each token comes in |steps| draws.
static std::map<int32_t, int> histogram(const Sampler &sampler, const std::vector<float> &logits, uint32_t steps) {
  std::map<int32_t, int> counts;
  for (uint32_t step = 0; step < steps; ++step)
    ++counts[draw(sampler, logits, step)];
  return counts;
}

static std::vector<float> randomLogits(int count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> logits(count);
  for (float &logit : logits)
    logit = static_cast<float>(random() % 4096) / 256 - 8;
  return logits;
}

TEST(Philox, GivesTheKnownAnswers) {
  // From the known-answer file of Random123, the reference implementation.
  using Words = std::array<uint32_t, 4>;
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(PortableExp, IsWithinTwoUnitsOfTheLibrary) {
  for (double x = 0; x > -708; x -= 0.0137) {
    double expected = std::exp(x), unit = std::nextafter(expected, 2) - expected;
    ASSERT_NEAR(portableExp(x), expected, 2 * unit) << x;
  }
  EXPECT_EQ(portableExp(0), 1);
  EXPECT_EQ(portableExp(-1e9), 0);
  EXPECT_GT(portableExp(-744), 0);
}

TEST(Sampler, TemperatureZeroTakesTheLargestAndTheLowerOfEquals) {
  EXPECT_EQ(draw(sampler(0), {1, 5, 5, 2}), 1);
  EXPECT_EQ(draw(sampler(0), {-infinity, -5, -infinity}), 1);
  EXPECT_EQ(draw(sampler(1, 1), {1, 5, 5, 2}), 1);
  EXPECT_EQ(draw(sampler(1, 0, 0), {1, 5, 5, 2}), 1); // at least one
}

TEST(Sampler, FrequenciesAreTheSoftmax) {
  std::vector<float> logits = {0, 1, 2, -infinity, 0.5f};
  for (double temperature : {0.5, 1.0, 2.0}) {
    const uint32_t steps = 40000;
    std::map<int32_t, int> counts = histogram(sampler(temperature, 0, 1, 7), logits, steps);
    double mass = 0;
    for (float logit : logits)
      mass += std::exp(logit / temperature);
    for (size_t i = 0; i < logits.size(); ++i) {
      double p = std::exp(logits[i] / temperature) / mass;
      EXPECT_NEAR(counts[static_cast<int32_t>(i)], p * steps, 5 * std::sqrt(steps * p * (1 - p)) + 1e-9)
          << i << " at " << temperature;
    }
    EXPECT_EQ(counts[3], 0);
  }
}

TEST(Sampler, TopKKeepsTheLargestAndTheLowerOfEquals) {
  std::map<int32_t, int> counts = histogram(sampler(1, 2), {1, 1, 3, 1, 0}, 2000);
  EXPECT_EQ(counts.size(), 2u);
  EXPECT_TRUE(counts.count(2) && counts.count(0)); // of the three equal ones, the first
  EXPECT_EQ(histogram(sampler(1, 99), {1, 1, 1}, 2000).size(), 3u);
}

TEST(Sampler, TopPKeepsTheSmallestSetThatReachesIt) {
  // Probabilities 1/2, 1/4, 1/8, 1/8.
  std::vector<float> logits = {0, std::log(2.0f), std::log(4.0f), 0};
  EXPECT_EQ(histogram(sampler(1, 0, 0.49), logits, 2000).size(), 1u);
  EXPECT_EQ(histogram(sampler(1, 0, 0.51), logits, 2000).size(), 2u);
  std::map<int32_t, int> counts = histogram(sampler(1, 0, 0.76), logits, 2000);
  EXPECT_EQ(counts.size(), 3u);
  EXPECT_EQ(counts.count(3), 0u); // equal to token 0, but later
  EXPECT_EQ(histogram(sampler(1, 0, 0.9), logits, 2000).size(), 4u);
  // After top-k has kept two, the first has 2/3 of what is left.
  EXPECT_EQ(histogram(sampler(1, 2, 0.6), logits, 2000).size(), 1u);
  EXPECT_EQ(histogram(sampler(1, 2, 0.7), logits, 2000).size(), 2u);
}

TEST(Sampler, AgreesWithASortOfEverything) {
  for (unsigned round = 0; round < 200; ++round) {
    std::vector<float> logits = randomLogits(1 + round * 3, round);
    double temperature = 0.3 + round % 7 * 0.4, topP = round % 5 ? 0.2 * (round % 5) : 1;
    int64_t topK = round % 4 * 17;
    std::vector<int32_t> order(logits.size());
    for (size_t i = 0; i < order.size(); ++i)
      order[i] = static_cast<int32_t>(i);
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return logits[a] > logits[b]; });
    if (topK > 0 && topK < static_cast<int64_t>(order.size()))
      order.resize(topK);
    std::vector<double> weights;
    double mass = 0;
    for (int32_t token : order) {
      weights.push_back(std::exp((double(logits[token]) - logits[order[0]]) / temperature));
      mass += weights.back();
    }
    size_t kept = 0;
    double reached = 0;
    while (kept < weights.size() && (kept == 0 || reached < topP * mass))
      reached += weights[kept++];
    double target = philox({round, 0, 0, 0}, {42, 0})[0] * 0x1p-32 * reached, passed = 0;
    size_t at = 0;
    while (at + 1 < kept && (passed += weights[at]) <= target)
      ++at;
    EXPECT_EQ(draw(sampler(temperature, topK, topP, 42), logits, round), order[at]) << round;
  }
}

TEST(Sampler, SeedAndStepDecide) {
  std::vector<float> logits = randomLogits(1000, 1);
  auto sequence = [&](uint64_t seed) {
    std::vector<int32_t> tokens;
    for (uint32_t step = 0; step < 32; ++step)
      tokens.push_back(draw(sampler(2, 0, 1, seed), logits, step));
    return tokens;
  };
  EXPECT_EQ(sequence(1), sequence(1));
  EXPECT_NE(sequence(1), sequence(2));
  EXPECT_NE(sequence(1), sequence(1 + (uint64_t{1} << 32)));
}

TEST(Sampler, TheSameTokensOnEveryMachine) {
  // Computed by a Python program written from the header; a machine or library where they differ breaks the promise.
  std::vector<float> logits = randomLogits(5000, 3);
  std::vector<int32_t> tokens;
  for (uint32_t step = 0; step < 8; ++step)
    tokens.push_back(draw(sampler(1.3, 50, 0.95, 0x123456789abcdef), logits, step));
  EXPECT_EQ(tokens, (std::vector<int32_t>{3087, 650, 3352, 650, 1063, 3821, 3988, 3861}));
}

TEST(Sampler, RefusesOptionsAndLogitsThatMakeNoSense) {
  auto code = [](double temperature, int64_t topK, double topP) {
    SamplerOptions options;
    options.temperature = temperature;
    options.topK = topK;
    options.topP = topP;
    return Sampler::create(options).status().code();
  };
  EXPECT_EQ(code(-1, 0, 1), Code::invalid_argument);
  EXPECT_EQ(code(NAN, 0, 1), Code::invalid_argument);
  EXPECT_EQ(code(INFINITY, 0, 1), Code::invalid_argument);
  EXPECT_EQ(code(1, -1, 1), Code::invalid_argument);
  EXPECT_EQ(code(1, 0, 1.1), Code::invalid_argument);
  EXPECT_EQ(code(1, 0, NAN), Code::invalid_argument);
  for (double temperature : {0.0, 1.0}) {
    Sampler one = sampler(temperature);
    for (std::vector<float> logits : {std::vector<float>{1, NAN}, {1, infinity}, {-infinity, -infinity}})
      EXPECT_EQ(one.sample(logits.data(), 2, 0).status().code(), Code::device);
    EXPECT_EQ(one.sample(nullptr, 0, 0).status().code(), Code::invalid_argument);
  }
}
