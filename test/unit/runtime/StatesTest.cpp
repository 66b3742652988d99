//===- StatesTest.cpp - caches: growth, refusal, truncation, copies -*- C++ -*-===//

#include "test/unit/runtime/HandMade.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace attn;

namespace {

/// The hand-made model with two sequences of at most 10 positions. Its cache remembers tokens and its logits vote for
/// their sum.
class StatesTest : public ::testing::Test {
protected:
  void SetUp() override { session_ = make(); }

  std::unique_ptr<Session> make() {
    SessionOptions options;
    options.sequences = 2;
    options.capacity = 10;
    Result<std::unique_ptr<Session>> opened =
        shared_ ? Session::create(device_, shared_, WeightSource::random(1), options) : first(options);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return std::move(*opened);
  }

  Result<std::unique_ptr<Session>> first(const SessionOptions &options) {
    ATTN_ASSIGN_OR_RETURN(artifact, openBytes(handMade()));
    ATTN_ASSIGN_OR_RETURN(device, makeDevice("cpu", 2));
    shared_ = std::move(artifact);
    device_ = std::move(device);
    return Session::create(device_, shared_, WeightSource::random(1), options);
  }

  /// Appends, and returns the sums that the two rows of logits vote for.
  Result<std::vector<int>> append(std::vector<int32_t> tokens, std::vector<int32_t> lengths) {
    int64_t count = static_cast<int64_t>(tokens.size()) / 2;
    std::vector<attn_tensor_t> arguments = {tensorOf(tokens, {2, count}), tensorOf(lengths, {2})};
    attn_tensor_t logits = {};
    ATTN_RETURN_IF_ERROR(session_->run(session_->program().findFunction("lm"), arguments.data(), 2, &logits, 1));
    const float *data = static_cast<const float *>(logits.data);
    std::vector<int> sums;
    for (int row = 0; row < 2; ++row)
      sums.push_back(static_cast<int>(std::max_element(data + row * 100, data + row * 100 + 100) - data - row * 100));
    return sums;
  }

  std::vector<int32_t> lengths() const { return session_->states()[0].lengths; }

  std::shared_ptr<const Artifact> shared_;
  std::shared_ptr<Device> device_;
  std::unique_ptr<Session> session_;
};

using Sums = std::vector<int>;
using Lengths = std::vector<int32_t>;

} // namespace

TEST_F(StatesTest, grow_by_what_was_appended) {
  EXPECT_EQ(*append({1, 2, 3, 4}, {2, 1}), (Sums{3, 3}));
  EXPECT_EQ(lengths(), (Lengths{2, 1}));
  EXPECT_EQ(*append({5, 0, 6, 7}, {1, 2}), (Sums{8, 16}));
  EXPECT_EQ(lengths(), (Lengths{3, 3}));
  EXPECT_EQ(*append({0, 0}, {0, 0}), (Sums{8, 16}));
}

TEST_F(StatesTest, refuse_what_does_not_fit_and_stay_as_they_were) {
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(append({1, 1, 1, 1, 1, 1}, {3, 1}).ok());
  EXPECT_FAILS(append({1, 1, 1, 1}, {2, 1}).status(), Code::out_of_range,
               "sequence 0 of state 'cache' holds 9 positions and would grow by 2, but its capacity is 10");
  EXPECT_EQ(lengths(), (Lengths{9, 3}));
  EXPECT_EQ(*append({1, 0, 1, 0}, {1, 1}), (Sums{10, 4}));
  EXPECT_EQ(lengths(), (Lengths{10, 4}));
}

TEST_F(StatesTest, refuse_lengths_outside_the_tokens) {
  EXPECT_FAILS(append({1, 1, 1, 1}, {3, 1}).status(), Code::out_of_range,
               "argument 'lengths' gives sequence 0 the length 3, but it has to be from 0 to T, which is 2");
  EXPECT_FAILS(append({1, 1, 1, 1}, {1, -1}).status(), Code::out_of_range, "gives sequence 1 the length -1");
}

TEST_F(StatesTest, do_not_grow_when_a_run_fails) {
  EXPECT_FALSE(append({100, 1}, {1, 1}).ok());
  EXPECT_EQ(lengths(), (Lengths{0, 0}));
}

TEST_F(StatesTest, are_cut_and_emptied) {
  ASSERT_TRUE(append({1, 2, 3, 4, 5, 6}, {3, 3}).ok());
  ASSERT_TRUE(session_->states().truncate(1, 1).ok());
  EXPECT_EQ(lengths(), (Lengths{3, 1}));
  EXPECT_EQ(*append({0, 10}, {0, 1}), (Sums{6, 14}));
  ASSERT_TRUE(session_->states().truncate(0, 100).ok());
  EXPECT_EQ(lengths(), (Lengths{3, 2}));
  EXPECT_FALSE(session_->states().truncate(2, 0).ok());
  EXPECT_FALSE(session_->states().truncate(0, -1).ok());
  session_->states().reset();
  EXPECT_EQ(*append({7, 8}, {1, 1}), (Sums{7, 8}));
}

TEST_F(StatesTest, are_copied_between_sequences_and_sessions) {
  ASSERT_TRUE(append({1, 2, 3, 9, 9, 9}, {3, 1}).ok());
  ASSERT_TRUE(session_->states().copySequence(1, session_->states(), 0).ok());
  EXPECT_EQ(*append({1, 2}, {1, 1}), (Sums{7, 8}));
  auto other = make();
  ASSERT_TRUE(other->states().copySequence(0, session_->states(), 1).ok());
  std::swap(session_, other);
  EXPECT_EQ(lengths(), (Lengths{4, 0}));
  EXPECT_EQ(*append({5, 5}, {1, 1}), (Sums{13, 5}));
  EXPECT_FALSE(session_->states().copySequence(0, other->states(), 2).ok());
}

TEST_F(StatesTest, are_filled_with_content) {
  std::vector<float> content(2 * 2 * 3 * 1);
  for (size_t i = 0; i < content.size(); ++i)
    content[i] = static_cast<float>(i % 6); // both layers alike: 0 1 2 and 3 4 5
  ASSERT_TRUE(session_->states().write(0, tensorOf(content, {2, 2, 3, 1})).ok());
  EXPECT_EQ(*append({1, 1}, {1, 1}), (Sums{4, 13}));
  EXPECT_EQ(lengths(), (Lengths{4, 4}));
  std::vector<float> large(44);
  EXPECT_FAILS(session_->states().write(0, tensorOf(large, {2, 2, 11, 1})), Code::out_of_range, "holds 10 positions");
  EXPECT_FAILS(session_->states().write(0, tensorOf(content, {2, 3, 2, 1})), Code::invalid_argument, "has shape");
}

TEST(States, grow_by_the_differences_of_offsets) {
  std::string json = replaced(handMadeJson(), "\"advance\": \"lengths\"", "\"advance\": {\"offsets\": \"lengths\"}");
  json = replaced(json, R"({"name": "lengths", "type": "i32", "shape": ["B"]}],
     "results": [{"name": "logits")",
                  R"({"name": "lengths", "type": "i32", "shape": ["B + 1"]}],
     "results": [{"name": "logits")");
  json = replaced(
      json,
      R"({"kind": "lm", "tokens": "tokens", "lengths": "lengths", "logits": "logits", "metadata": {"toy.layers": 2}})",
      "null");
  SessionOptions options;
  options.sequences = 2;
  options.capacity = 3;
  Result<std::unique_ptr<Session>> session = openSession(json, options);
  ASSERT_TRUE(session.ok()) << session.status().message();
  std::vector<int32_t> tokens = {1, 2, 3, 4};
  auto run = [&](std::vector<int32_t> offsets) {
    std::vector<attn_tensor_t> arguments = {tensorOf(tokens, {2, 2}), tensorOf(offsets, {3})};
    attn_tensor_t logits = {};
    return (*session)->run((*session)->program().findFunction("lm"), arguments.data(), 2, &logits, 1);
  };
  EXPECT_TRUE(run({0, 1, 3}).ok());
  EXPECT_EQ((*session)->states()[0].lengths, (Lengths{1, 2}));
  EXPECT_TRUE(run({1, 3, 3}).ok());
  EXPECT_EQ((*session)->states()[0].lengths, (Lengths{3, 2}));
  EXPECT_FAILS(run({0, 0, 2}), Code::out_of_range, "sequence 1 of state 'cache' holds 2 positions and would grow by 2");
  EXPECT_FAILS(run({1, 0, 0}), Code::out_of_range,
               "sequence 0 of state 'cache' holds 3 positions and would grow by -1");
  EXPECT_FAILS(run({-1, 0, 0}), Code::out_of_range, "begins with the offset -1, which is before the first row");
  EXPECT_EQ((*session)->states()[0].lengths, (Lengths{3, 2}));
}

TEST(States, have_the_capacity_that_is_asked_for) {
  SessionOptions options;
  Result<std::unique_ptr<Session>> byDefault = openSession(handMadeJson(), options);
  ASSERT_TRUE(byDefault.ok()) << byDefault.status().message();
  EXPECT_EQ((*byDefault)->states()[0].capacity(), 32);
  options.capacity = 33;
  EXPECT_FAILS(openSession(handMadeJson(), options).status(), Code::out_of_range, "a capacity of 33 is asked for");
  options.capacity = 4;
  options.sequences = 9;
  EXPECT_FAILS(openSession(handMadeJson(), options).status(), Code::out_of_range, "sequences of 9 is asked for");
  std::string unbounded =
      replaced(handMadeJson(), R"({"name": "C", "min": 1, "max": 32})", R"({"name": "C", "min": 1, "max": null})");
  EXPECT_FAILS(openSession(unbounded).status(), Code::invalid_argument, "set attn_session_options_t.capacity");
}
