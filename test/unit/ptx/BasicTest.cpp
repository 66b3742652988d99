//===- BasicTest.cpp - the SIMT machine on plain kernels -===//
//
// Divergence, barriers, shuffles, votes, atomics and memory spaces against the host's own loops.
//
//===----------------------------------------------------------------------===//

#include "test/unit/ptx/TestLaunch.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace attn::ptx {
namespace {

TEST(Basic, vector_add_with_a_tail) {
  std::vector<float> a(1000), b(1000), c(1000, -1.0f);
  std::iota(a.begin(), a.end(), 0.5f);
  std::iota(b.begin(), b.end(), -300.0f);
  TestLaunch("basic", "vector_add")
      .buffer(a, "a", false)
      .buffer(b, "b", false)
      .buffer(c, "c")
      .value(1000)
      .grid(4)
      .block(256)
      .expectSuccess();
  for (size_t i = 0; i < c.size(); ++i)
    ASSERT_EQ(c[i], a[i] + b[i]) << i;
}

TEST(Basic, block_sum_through_shuffles_and_shared_memory) {
  std::vector<float> in(5000), out(3);
  for (size_t i = 0; i < in.size(); ++i)
    in[i] = float(int(i % 17) - 8);
  TestLaunch("basic", "block_sum")
      .buffer(in, "in", false)
      .buffer(out, "out")
      .value(5000)
      .grid(3)
      .block(256)
      .expectSuccess();
  EXPECT_EQ(out[0] + out[1] + out[2], std::accumulate(in.begin(), in.end(), 0.0f));
}

TEST(Basic, lanes_leave_loops_and_the_kernel_at_different_times) {
  std::vector<unsigned> in(77), steps(77, 9999);
  std::iota(in.begin(), in.end(), 1u);
  TestLaunch("basic", "collatz")
      .buffer(in, "in", false)
      .buffer(steps, "steps")
      .value(77)
      .grid(2)
      .block(48)
      .expectSuccess();
  for (size_t i = 0; i < in.size(); ++i) {
    unsigned count = 0;
    for (unsigned x = in[i]; x != 1; ++count)
      x = x % 2 == 0 ? x / 2 : 3 * x + 1;
    ASSERT_EQ(steps[i], count) << in[i];
  }
}

TEST(Basic, compaction_by_ballots) {
  std::mt19937 random(1);
  std::vector<int> in(500), out(500), count(1), expected;
  for (int &x : in)
    if ((x = int(random() % 100) - 50) > 0)
      expected.push_back(x);
  TestLaunch("basic", "compact")
      .buffer(in, "in", false)
      .buffer(out, "out")
      .buffer(count, "count")
      .value(500)
      .grid(2)
      .block(256)
      .expectSuccess();
  ASSERT_EQ(size_t(count[0]), expected.size());
  out.resize(expected.size());
  std::sort(out.begin(), out.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(out, expected);
}

TEST(Basic, histogram_by_atomics) {
  std::vector<unsigned char> in(3000);
  std::vector<unsigned> bins(256), expected(256);
  for (size_t i = 0; i < in.size(); ++i)
    ++expected[in[i] = static_cast<unsigned char>(i * i / 7)];
  TestLaunch("basic", "histogram")
      .buffer(in, "in", false)
      .buffer(bins, "bins")
      .value(3000)
      .grid(3)
      .block(128)
      .expectSuccess();
  EXPECT_EQ(bins, expected);
}

TEST(Basic, a_spinning_lane_does_not_starve_its_warp) {
  std::vector<int> out(1);
  TestLaunch("basic", "intra_warp_handshake").buffer(out, "out").block(32).expectSuccess();
  EXPECT_EQ(out[0], 42);
}

TEST(Basic, asking_in_vain_is_not_a_dead_lock_while_others_go_on) {
  std::vector<int> out(1);
  TestLaunch("basic", "ping_pong").buffer(out, "out").value(6).block(64).expectSuccess();
  EXPECT_EQ(out[0], 0b010101010101);
}

TEST(Basic, constants_variables_local_arrays_and_three_dimensions) {
  const int threads = 4 * 3 * 5, pick = 3;
  const int weights[4] = {1, -2, 3, -4};
  std::vector<int> out(threads);
  TestLaunch("basic", "spaces").buffer(out, "out").value(pick).block(4, 3, 5).expectSuccess();
  for (int thread = 1; thread < threads; ++thread) {
    int i = thread % 8;
    ASSERT_EQ(out[size_t(thread)], i * weights[i % 4] + 1000 * 20) << thread;
  }
  EXPECT_EQ(out[0], 1000 * 20 + 1000000) << "the late run begins with the variable's first value";
}

TEST(Basic, statistics_count_warp_instructions_by_family) {
  std::vector<float> a(64), b(64), c(64);
  auto result =
      TestLaunch("basic", "vector_add").buffer(a, "a").buffer(b, "b").buffer(c, "c").value(64).grid(2).block(32).both();
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ(result->blocks, 2u);
  EXPECT_EQ(result->warpInstructions[size_t(Family::floating)], 2u);
  EXPECT_EQ(result->warpInstructions[size_t(Family::memory)], 2u * (4 + 3));
}

TEST(Basic, launches_that_cannot_be) {
  std::vector<float> a(4);
  auto code = [&](TestLaunch &&run) { return run.both().status().code(); };
  EXPECT_EQ(code(std::move(TestLaunch("basic", "vector_add").block(0))), Code::invalid_argument);
  EXPECT_EQ(code(std::move(TestLaunch("basic", "vector_add").grid(0))), Code::invalid_argument);
  EXPECT_EQ(code(std::move(TestLaunch("basic", "vector_add").block(1025))), Code::invalid_argument);
  EXPECT_EQ(code(std::move(TestLaunch("basic", "vector_add").shared(300000))), Code::out_of_range);
  EXPECT_EQ(code(std::move(TestLaunch("gemm80", "gemm_bf16").block(256))), Code::invalid_argument);
  TestLaunch run("basic", "vector_add");
  run.launch.params.resize(3);
  EXPECT_EQ(run.both().status().code(), Code::invalid_argument);
  run.launch.cluster = 2;
  EXPECT_EQ(run.both().status().code(), Code::unsupported);
  EXPECT_EQ(ptx::run(run.module, "no_such", run.launch, run.memory, Mode::early).status().code(), Code::not_found);
}

TEST(Basic, a_block_that_never_ends_is_given_up) {
  std::vector<unsigned> in(32, 0), steps(32); // the sequence of 0 stays 0
  TestLaunch run("basic", "collatz");
  run.buffer(in, "in").buffer(steps, "steps").value(32).block(32);
  run.launch.instructionLimit = 100000;
  auto result = run.both();
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.status().message().find("loops forever"), std::string::npos) << result.status().message();
}

} // namespace
} // namespace attn::ptx
