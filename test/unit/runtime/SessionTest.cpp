//===- SessionTest.cpp - calls: symbols, shapes, plans, results -*- C++ -*-===//

#include "test/unit/runtime/HandMade.h"

#include <gtest/gtest.h>

using namespace attn;

static std::unique_ptr<Session> session(const std::string &json = handMadeJson(), int threads = 2) {
  SessionOptions options;
  options.sequences = 2;
  Result<std::unique_ptr<Session>> opened = openSession(json, options, threads);
  EXPECT_TRUE(opened.ok()) << opened.status().message();
  return opened.ok() ? std::move(*opened) : nullptr;
}

static Status call(Session &session, const char *function, std::vector<attn_tensor_t> arguments,
                   std::vector<attn_tensor_t> &results) {
  return session.run(session.program().findFunction(function), arguments.data(), arguments.size(), results.data(),
                     results.size());
}

static const float *floats(const attn_tensor_t &tensor) { return static_cast<const float *>(tensor.data); }

static std::vector<float> count(size_t n) {
  std::vector<float> out(n);
  for (size_t i = 0; i < n; ++i)
    out[i] = static_cast<float>(i);
  return out;
}

TEST(Session, computes_and_gives_results_their_shape) {
  auto s = session();
  std::vector<float> x = count(12), scale = {2.5f};
  std::vector<attn_tensor_t> results(1);
  ASSERT_TRUE(call(*s, "main", {tensorOf(x, {4, 3}), tensorOf(scale, {})}, results).ok());
  EXPECT_EQ(results[0].rank, 2);
  EXPECT_EQ(results[0].sizes[0], 4);
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(floats(results[0])[i], 2.5f * static_cast<float>(i));
}

TEST(Session, writes_into_memory_of_the_caller) {
  auto s = session();
  std::vector<float> x = count(6), scale = {3}, y(6), wide(20, -1.0f);
  std::vector<attn_tensor_t> results = {tensorOf(y, {2, 3})};
  ASSERT_TRUE(call(*s, "main", {tensorOf(x, {2, 3}), tensorOf(scale, {})}, results).ok());
  EXPECT_EQ(y[5], 15);
  // Rows 10 apart, columns 2 apart.
  results[0] = tensorOf(wide, {2, 3});
  results[0].strides[0] = 10, results[0].strides[1] = 2;
  ASSERT_TRUE(call(*s, "main", {tensorOf(x, {2, 3}), tensorOf(scale, {})}, results).ok());
  EXPECT_EQ(wide[0], 0);
  EXPECT_EQ(wide[1], -1);
  EXPECT_EQ(wide[14], 15);
  results[0] = tensorOf(y, {3, 2});
  EXPECT_FAILS(call(*s, "main", {tensorOf(x, {2, 3}), tensorOf(scale, {})}, results), Code::invalid_argument,
               "result 'y' is f32 of shape [2, 3]");
}

TEST(Session, packs_arguments_with_strides) {
  auto s = session();
  std::vector<float> x = count(12), scale = {1};
  attn_tensor_t columns = tensorOf(x, {2, 3}); // every other column of 2 rows of 6
  columns.strides[0] = 6, columns.strides[1] = 2;
  std::vector<attn_tensor_t> results(1);
  ASSERT_TRUE(call(*s, "main", {columns, tensorOf(scale, {})}, results).ok());
  EXPECT_EQ(floats(results[0])[1], 2);
  EXPECT_EQ(floats(results[0])[5], 10);
}

TEST(Session, takes_the_first_implementation_whose_condition_holds) {
  auto s = session();
  std::vector<float> x = count(24), scale = {2};
  std::vector<attn_tensor_t> results(1);
  ASSERT_TRUE(call(*s, "main", {tensorOf(x, {7, 3}), tensorOf(scale, {})}, results).ok());
  EXPECT_EQ(floats(results[0])[1], 1001);
  results[0] = {};
  ASSERT_TRUE(call(*s, "main", {tensorOf(x, {8, 3}), tensorOf(scale, {})}, results).ok());
  EXPECT_EQ(floats(results[0])[1], 2);
}

TEST(Session, runs_a_command_when_its_flag_has_its_value) {
  auto s = session();
  std::vector<float> x = count(6);
  std::vector<attn_tensor_t> results(1);
  // One plan serves all values: the flag is read when the command's turn comes.
  for (auto [value, factor] : {std::pair(0, 2), std::pair(1, 1), std::pair(2, 5), std::pair(0, 2)}) {
    std::vector<int32_t> flag = {value};
    results[0] = {};
    ASSERT_TRUE(call(*s, "choice", {tensorOf(x, {2, 3}), tensorOf(flag, {1})}, results).ok());
    EXPECT_EQ(floats(results[0])[5], 5 * factor) << value;
  }
  for (int32_t value : {3, -1}) {
    std::vector<int32_t> flag = {value};
    EXPECT_FAILS(call(*s, "choice", {tensorOf(x, {2, 3}), tensorOf(flag, {1})}, results), Code::out_of_range,
                 "a flag that chooses one of 3 cases is " + std::to_string(value));
  }
}

TEST(Session, runs_with_no_rows) {
  auto s = session();
  std::vector<float> x(1), scale = {2};
  std::vector<attn_tensor_t> results(1);
  ASSERT_TRUE(call(*s, "main", {tensorOf(x, {0, 3}), tensorOf(scale, {})}, results).ok());
  EXPECT_EQ(results[0].sizes[0], 0);
  results[0] = {};
  ASSERT_TRUE(call(*s, "biases", {tensorOf(x, {0, 3})}, results).ok());
}

TEST(Session, names_argument_dimension_and_both_values) {
  auto s = session();
  std::vector<float> x = count(300), scale = {1};
  std::vector<int32_t> integers(12);
  std::vector<attn_tensor_t> one(1), two(2);
  EXPECT_FAILS(call(*s, "main", {tensorOf(x, {4, 2}), tensorOf(scale, {})}, one), Code::invalid_argument,
               "argument 'x' has 2 along dimension 1, but its size there is 3");
  EXPECT_FAILS(call(*s, "main", {tensorOf(x, {12}), tensorOf(scale, {})}, one), Code::invalid_argument,
               "argument 'x' has shape [R, 3], but a tensor of rank 1 was given");
  EXPECT_FAILS(call(*s, "main", {tensorOf(integers, {4, 3}), tensorOf(scale, {})}, one), Code::invalid_argument,
               "argument 'x' has type f32, but i32 was given");
  EXPECT_FAILS(call(*s, "main", {tensorOf(x, {65, 3}), tensorOf(scale, {})}, one), Code::out_of_range,
               "R is 65 by argument 'x', but it has to be from 0 to 64");
  EXPECT_FAILS(call(*s, "transpose", {tensorOf(x, {4, 3}), tensorOf(x, {5, 7})}, two), Code::invalid_argument,
               "argument 'other' has 5 along dimension 0, but K is 3 by argument 'x'");
  EXPECT_FAILS(call(*s, "transpose", {tensorOf(x, {4, 3}), tensorOf(x, {3, 8})}, two), Code::invalid_argument,
               "argument 'other' has 8 along dimension 1, but its size there is 7");
  EXPECT_FAILS(call(*s, "main", {tensorOf(x, {4, 3})}, one), Code::invalid_argument, "takes 2 arguments");
  attn_tensor_t nothing = tensorOf(x, {4, 3});
  nothing.data = nullptr;
  EXPECT_FAILS(call(*s, "main", {nothing, tensorOf(scale, {})}, one), Code::invalid_argument,
               "argument 'x' has no data");
}

/// With a function that takes rows and what counts them, and does nothing.
static std::string jsonOfCounts(const std::string &count) {
  return replaced(handMadeJson(), "\"functions\": [",
                  R"("functions": [
    {"name": "counts", "symbols": [{"name": "R", "min": 0, "max": null}, {"name": "N", "min": 0, "max": null}],
     "arguments": [{"name": "x", "type": "f32", "shape": ["R", 3]},
                   {"name": "n", "type": "i32", "shape": ["N"], )" +
                      count + R"(}],
     "results": [], "task": null, "temporaries": [], "commands": []},)");
}

TEST(Session, refuses_lengths_and_offsets_of_more_than_there_is) {
  std::vector<float> x = count(12);
  std::vector<attn_tensor_t> none;
  auto counts = [&](const char *declared, std::vector<int32_t> n) {
    auto s = session(jsonOfCounts(declared));
    return call(*s, "counts", {tensorOf(x, {4, 3}), tensorOf(n, {static_cast<int64_t>(n.size())})}, none);
  };
  EXPECT_TRUE(counts("\"lengths\": \"R\"", {0, 4, 4}).ok());
  EXPECT_TRUE(counts("\"lengths\": \"R\"", {}).ok());
  EXPECT_FAILS(counts("\"lengths\": \"R\"", {0, 5}), Code::out_of_range,
               "argument 'n' gives sequence 1 the length 5, but it has to be from 0 to R, which is 4");
  EXPECT_FAILS(counts("\"lengths\": \"min(R, 3)\"", {-1}), Code::out_of_range,
               "the length -1, but it has to be from 0 to");
  EXPECT_TRUE(counts("\"offsets\": \"R\"", {0, 1, 1, 4}).ok());
  EXPECT_TRUE(counts("\"offsets\": \"R\"", {1, 3}).ok());
  EXPECT_FAILS(counts("\"offsets\": \"R\"", {-1, 3}), Code::out_of_range, "begins with the offset -1");
  EXPECT_FAILS(counts("\"offsets\": \"R\"", {0, 3, 2}), Code::out_of_range, "gives sequence 1 the length -1");
  EXPECT_FAILS(counts("\"offsets\": \"R\"", {2, 4, 6}), Code::out_of_range,
               "ends with the offset 6, but it has to be up to R, which is 4");
  EXPECT_TRUE(counts("\"steps\": 2", {0, 2, 4, 6}).ok());
  EXPECT_FAILS(counts("\"steps\": 2", {0, 3}), Code::out_of_range, "the length 3, but it has to be from 0 to 2");
}

TEST(Session, refuses_counts_that_are_none) {
  EXPECT_FAILS(openSession(jsonOfCounts("\"lengths\": \"R\", \"offsets\": \"R\"")).status(), Code::corrupt,
               "is lengths and offsets at once");
  EXPECT_FAILS(openSession(jsonOfCounts("\"lengths\": \"Q\"")).status(), Code::corrupt, "'Q' is not a symbol");
  EXPECT_FAILS(
      openSession(replaced(jsonOfCounts("\"lengths\": \"R\""), "\"shape\": [\"N\"]", "\"shape\": [\"N\", 1]")).status(),
      Code::corrupt, "counts something, but is not i32 of rank 1");
}

TEST(Session, copies_views_and_constants) {
  auto s = session();
  std::vector<float> x = count(12), other(21);
  std::vector<attn_tensor_t> results(2);
  ASSERT_TRUE(call(*s, "transpose", {tensorOf(x, {4, 3}), tensorOf(other, {3, 7})}, results).ok());
  for (int r = 0; r < 4; ++r)
    for (int k = 0; k < 3; ++k)
      EXPECT_EQ(floats(results[0])[k * 4 + r], x[static_cast<size_t>(r * 3 + k)]);
  EXPECT_EQ(floats(results[1])[2], 3);
}

TEST(Session, expands_repeats_with_their_weights) {
  auto s = session();
  std::vector<float> zero(3), x = count(15);
  std::vector<attn_tensor_t> results(1);
  ASSERT_TRUE(call(*s, "biases", {tensorOf(zero, {1, 3})}, results).ok());
  std::vector<float> sum(floats(results[0]), floats(results[0]) + 3); // of the three biases
  results[0] = {};
  ASSERT_TRUE(call(*s, "biases", {tensorOf(x, {5, 3})}, results).ok());
  for (int i = 0; i < 15; ++i)
    EXPECT_FLOAT_EQ(floats(results[0])[i], 2 * x[static_cast<size_t>(i)] + sum[static_cast<size_t>(i % 3)]);
}

TEST(Session, keeps_results_when_sizes_alternate) {
  auto s = session();
  std::vector<float> x = count(192);
  std::vector<attn_tensor_t> results(1);
  auto first = [&](int64_t rows) {
    results[0] = {};
    EXPECT_TRUE(call(*s, "biases", {tensorOf(x, {rows, 3})}, results).ok());
    return std::vector<float>(floats(results[0]), floats(results[0]) + rows * 3);
  };
  std::vector<std::vector<float>> expected;
  for (int64_t rows = 1; rows <= 20; ++rows) // more sizes than plans are kept, and the arena grows
    expected.push_back(first(rows));
  for (int64_t rows : {20, 1, 19, 2, 20, 5, 1})
    EXPECT_EQ(first(rows), expected[static_cast<size_t>(rows - 1)]);
}

TEST(Session, gives_the_same_bits_for_any_number_of_threads) {
  std::vector<int64_t> reference;
  for (int threads = 1; threads <= 8; ++threads) {
    auto s = session(handMadeJson(), threads);
    std::vector<int8_t> shape(77);
    const int64_t sizes[2] = {7, 11};
    std::vector<attn_tensor_t> results(1);
    ASSERT_TRUE(call(*s, "stamps", {attn_tensor(shape.data(), ATTN_I8, 2, sizes)}, results).ok());
    const int64_t *data = static_cast<const int64_t *>(results[0].data);
    std::vector<int64_t> stamps(data, data + 7 * 11 * 5);
    if (threads == 1)
      reference = stamps;
    EXPECT_EQ(stamps, reference);
  }
}

TEST(Session, names_the_kernel_that_failed) {
  auto s = session();
  std::vector<float> x = count(12);
  std::vector<attn_tensor_t> none;
  EXPECT_FAILS(call(*s, "fails", {tensorOf(x, {4, 3})}, none), Code::device, "kernel 'fail' failed with code 77");
  EXPECT_TRUE(call(*s, "fails", {tensorOf(x, {3, 3})}, none).ok());
  EXPECT_FAILS(
      call(*s, "elsewhere", {tensorOf(x, {3, 3})}, none), Code::unsupported,
      "kernel 'elsewhere' has no implementation for device 'cpu'; cpu:avx2 left it out: it is for another device");
  std::vector<int32_t> tokens = {1, 100}, lengths = {1, 1};
  std::vector<attn_tensor_t> logits(1);
  EXPECT_FAILS(call(*s, "lm", {tensorOf(tokens, {2, 1}), tensorOf(lengths, {2})}, logits), Code::out_of_range,
               "kernel 'embed': a token is outside the table");
}

TEST(Session, refuses_views_that_leave_their_buffer) {
  auto s = session(replaced(handMadeJson(), R"({"offset": "R * 3", "shape": ["R", 3])",
                            R"({"offset": "R * 3 + 1", "shape": ["R", 3])"));
  std::vector<float> x = count(12);
  std::vector<attn_tensor_t> results(1);
  EXPECT_FAILS(call(*s, "biases", {tensorOf(x, {4, 3})}, results), Code::corrupt,
               "a view of elements 13 to 24 of a buffer of 24");
}

TEST(Session, traces_launches_and_can_be_stopped) {
  auto s = session();
  std::vector<std::string> seen;
  s->trace(
      [](void *user, const attn_trace_event_t *event) {
        auto &names = *static_cast<std::vector<std::string> *>(user);
        names.push_back(event->kernel);
        EXPECT_EQ(event->command % 7, static_cast<int64_t>(names.size() - 1) % 7);
        EXPECT_LE(event->begin_ns, event->end_ns);
        EXPECT_EQ(event->output_count, 1u);
        return names.size() != 9;
      },
      &seen);
  std::vector<float> x = count(3);
  std::vector<attn_tensor_t> results(1);
  ASSERT_TRUE(call(*s, "biases", {tensorOf(x, {1, 3})}, results).ok());
  EXPECT_EQ(seen,
            (std::vector<std::string>{"scale", "add_weight", "copy", "add_weight", "copy", "copy", "add_weight"}));
  EXPECT_FAILS(call(*s, "biases", {tensorOf(x, {1, 3})}, results), Code::device, "stopped at command");
}
