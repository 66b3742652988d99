//===- BrokenSm80Test.cpp - kernels of sm_80 with one mistake are caught, with the line ---===//

#include "test/unit/nvptx/Broken.h"

using namespace attn;

namespace {

class BrokenSm80 : public BrokenKernel {
protected:
  /// Keys of three tiles, the last not full: copies run behind the products of the step before.
  void SetUp() override { use(causal(150)); }

  // Where things are: a wait and a barrier before the sweep, for queries and the first keys, and both in each step.
  static constexpr int beforeSweep = 0, inStep = 1;
};

} // namespace

TEST_F(BrokenSm80, without_a_mistake_is_right) {
  Status status = run();
  EXPECT_TRUE(status.ok()) << status.message();
}

//===----------------------------------------------------------------------===//
// Copies and barriers
//===----------------------------------------------------------------------===//

TEST_F(BrokenSm80, step_does_not_wait_for_its_keys) {
  remove(find("cp.async.wait_group", inStep));
  expectFinding("the destination of cp.async", "ldmatrix");
}

TEST_F(BrokenSm80, wait_leaves_one_group_too_many) {
  replace(find("cp.async.wait_group", inStep), "\t0", "\t1");
  expectFinding("no cp.async.wait_group", "ldmatrix");
}

/// Without looking at shared memory: what the copies bring late is not there, and the results say so.
TEST_F(BrokenSm80, missing_wait_shows_in_the_results_too) {
  remove(find("cp.async.wait_group", inStep));
  ptx::Launch launch;
  launch.checkShared = false;
  Status status = run(launch);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.message().find("early and"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("of 'o'"), std::string::npos) << status.message();
}

TEST_F(BrokenSm80, copies_are_not_committed) {
  remove(find("cp.async.commit_group", inStep));
  expectFinding("the destination of cp.async", "ldmatrix");
}

TEST_F(BrokenSm80, queries_are_read_before_other_warps_have_copied_them) {
  remove(find("bar.sync", beforeSweep));
  expectFinding("a barrier after it, is missing", "ldmatrix");
}

TEST_F(BrokenSm80, keys_are_overwritten_while_others_read_them) {
  remove(find("bar.sync", inStep));
  expectFinding("no barrier lies between", "shared");
}

/// Two of four warps wait at another one.
TEST_F(BrokenSm80, warps_wait_at_different_barriers) {
  guard(find("bar.sync", inStep), "setp.lt.u32 %some, %thread, 64", "@%some bar.sync 0; @!%some bar.sync 1;");
  expectFinding("where 64 of 128 threads have arrived", "bar.sync");
}

TEST_F(BrokenSm80, some_warps_go_around_a_barrier) {
  guard(find("bar.sync", inStep), "setp.lt.u32 %some, %thread, 64", "@%some bar.sync 0;");
  expectFinding("no barrier lies between", "shared");
}

/// Half of each warp.
TEST_F(BrokenSm80, barrier_in_divergent_code) {
  guard(find("bar.sync", inStep), "and.b32 %thread, %thread, 31; setp.lt.u32 %some, %thread, 16", "@%some bar.sync 0;");
  expectFinding("where 64 of 128 threads have arrived", "bar.sync");
}

//===----------------------------------------------------------------------===//
// Addresses
//===----------------------------------------------------------------------===//

/// The last chunk of a row, one further: the padding, which nobody fills.
TEST_F(BrokenSm80, matrix_is_read_one_chunk_too_far) {
  moveAddress(find("ldmatrix", 3), 16);
  expectFinding("which nobody has written", "ldmatrix");
}

TEST_F(BrokenSm80, matrix_is_read_between_chunks) {
  moveAddress(find("ldmatrix", -1), 8);
  expectFinding("is not a multiple of", "ldmatrix");
}

TEST_F(BrokenSm80, matrix_is_read_beyond_shared_memory) {
  moveAddress(find("ldmatrix", -1), 1 << 16);
  expectFinding("out of bounds", "ldmatrix");
}

TEST_F(BrokenSm80, row_is_stored_one_too_far) {
  moveAddress(find("st.global.b32", 0), 64 * 2);
  expectFinding("out of bounds: byte 19200 of 'o', which has 19200", "st.global");
}

/// The size of the copy is what keeps the rows after the last from being read.
TEST_F(BrokenSm80, rows_after_the_last_are_copied) {
  size_t at = find("cp.async.cg.shared.global", -1);
  replace(at, lines[at].substr(lines[at].rfind("16, ")), "16;");
  expectFinding("out of bounds", "cp.async");
}

//===----------------------------------------------------------------------===//
// Control and arithmetic
//===----------------------------------------------------------------------===//

/// The branch back to the step's first line is always taken.
TEST_F(BrokenSm80, sweep_that_never_ends) {
  size_t label = find("cp.async.wait_group", inStep);
  while (label > 0 && lines[label].compare(0, 3, "$L_") != 0)
    --label;
  std::string name = lines[label].substr(0, lines[label].find(':'));
  size_t branch = find("bra \t" + name + ";", -1);
  ASSERT_EQ(lines[branch].compare(0, 2, "\t@"), 0) << lines[branch];
  lines[branch] = "\tbra \t" + name + ";";
  ptx::Launch launch;
  launch.instructionLimit = 50'000;
  expectFinding("loops forever", "", launch);
}

TEST_F(BrokenSm80, wrong_key_is_multiplied) {
  size_t first = find("ldmatrix.sync.aligned.m8n8.x4.trans", 0),
         second = find("ldmatrix.sync.aligned.m8n8.x4.trans", 1);
  std::string address = lines[second].substr(lines[second].rfind('['));
  replace(first, lines[first].substr(lines[first].rfind('[')), address);
  expectWrongNumbers();
}
