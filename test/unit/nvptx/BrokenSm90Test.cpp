//===- BrokenSm90Test.cpp - kernels of sm_90a with one mistake are caught, with the line ---===//

#include "test/unit/nvptx/Broken.h"

using namespace attn;

namespace {

class BrokenSm90 : public BrokenKernel {
protected:
  void useKeys(int64_t keys) {
    Attention a = plain(70, keys);
    a.target = "sm_90a";
    use(a);
  }
  /// More steps than the ring has places, so that places are used again.
  void SetUp() override { useKeys(128 * 6); }

  /// Line `at` tries, and the two after it try again.
  void doNotWait(size_t at) {
    ASSERT_NE(lines[at + 1].find("@P1 bra"), std::string::npos);
    for (size_t line : {at, at + 1, at + 2})
      remove(line);
  }
  void expectBytes(size_t at, const std::string &bytes) {
    replace(at, lines[at].substr(lines[at].rfind(", ")), ", " + bytes + ";");
  }

  // Which of several: the consumers' come before the producer's, and keys before values.
  static constexpr int firstKeys = 0, keysInStep = 1;
};

} // namespace

TEST_F(BrokenSm90, without_a_mistake_is_right) {
  Status status = run();
  EXPECT_TRUE(status.ok()) << status.message();
}

//===----------------------------------------------------------------------===//
// The ring
//===----------------------------------------------------------------------===//

TEST_F(BrokenSm90, keys_are_used_before_they_have_arrived) {
  doNotWait(find("mbarrier.try_wait", firstKeys));
  expectFinding("its mbarrier has not been waited for", "wgmma.mma_async");
}

/// Without looking at shared memory: in the late run nobody has made the copies happen when the block ends.
TEST_F(BrokenSm90, missing_wait_shows_at_the_end_too) {
  useKeys(128 * 3);
  doNotWait(find("mbarrier.try_wait", keysInStep));
  ptx::Launch launch;
  launch.checkShared = false;
  expectFinding("has not been waited for", "ret", launch);
}

/// Where it waits as long as it takes, nothing is wrong; but it may give up.
TEST_F(BrokenSm90, wait_for_keys_is_tried_once) {
  replace(find("mbarrier.try_wait", keysInStep) + 1, "@P1 bra", "bra");
  expectFinding("1 arrivals, but the phase lacks only 0 of 1", "mbarrier.arrive.expect_tx");
}

TEST_F(BrokenSm90, copy_goes_into_a_place_that_is_in_use) {
  doNotWait(find("mbarrier.try_wait", -2));
  expectFinding("its mbarrier has not been waited for", "cp.async.bulk");
}

TEST_F(BrokenSm90, more_bytes_are_expected_than_come) {
  expectBytes(find("mbarrier.arrive.expect_tx", 0), "16400");
  expectFinding("lacks 0 of 1 arrivals and 16 bytes", "mbarrier.try_wait");
}

TEST_F(BrokenSm90, fewer_bytes_are_expected_than_come) {
  expectBytes(find("mbarrier.arrive.expect_tx", 1), "8192");
  expectFinding("lacks 0 of 1 arrivals and -8192 bytes", "mbarrier.try_wait");
}

TEST_F(BrokenSm90, place_is_not_given_back) {
  remove(find("mbarrier.arrive.shared", 0));
  expectFinding("lacks 2 of 2 arrivals", "mbarrier.try_wait");
}

TEST_F(BrokenSm90, mbarrier_is_not_initialised) {
  remove(find("mbarrier.init", 0));
  expectFinding("no mbarrier is initialised", "mbarrier.arrive.expect_tx");
}

TEST_F(BrokenSm90, barrier_counts_the_producer_too) {
  replace(find("bar.sync \t1, 256", 0), "256", "384");
  expectFinding("where 256 of 384 threads have arrived", "bar.sync");
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

TEST_F(BrokenSm90, scores_are_read_before_their_product_is_done) {
  remove(find("wgmma.wait_group", 0));
  expectFinding("reads an accumulator of the wgmma", "max.f32");
}

TEST_F(BrokenSm90, wait_leaves_one_group_too_many) {
  replace(find("wgmma.wait_group.sync.aligned 1", 0), "aligned 1", "aligned 2");
  expectFinding("before a wgmma.wait_group that covers it", "");
}

TEST_F(BrokenSm90, products_are_not_committed) {
  remove(find("wgmma.commit_group", 0));
  expectFinding("before a wgmma.wait_group that covers it", "max.f32");
}

TEST_F(BrokenSm90, weights_are_written_without_a_fence) {
  remove(find("wgmma.fence", -1));
  expectFinding("was written since the last wgmma.fence", "wgmma.mma_async");
}

TEST_F(BrokenSm90, queries_are_not_handed_to_the_tensor_cores) {
  remove(find("fence.proxy.async", 0));
  expectFinding("fence.proxy.async is missing", "wgmma.mma_async");
}

//===----------------------------------------------------------------------===//
// Descriptors
//===----------------------------------------------------------------------===//

TEST_F(BrokenSm90, swizzle_of_another_width) {
  size_t at = find(", 4611686", 0); // 1 << 62: 128 bytes
  replace(at, lines[at].substr(lines[at].rfind(", ")), ", 0x8000004000010000;");
  expectWrongNumbers();
}

TEST_F(BrokenSm90, rows_of_atoms_half_as_far_apart) {
  size_t at = find(", 4611686", 0);
  replace(at, lines[at].substr(lines[at].rfind(", ")), ", 0x4000002000010000;");
  expectFinding("its stride byte offset is 512", "wgmma.mma_async");
}
