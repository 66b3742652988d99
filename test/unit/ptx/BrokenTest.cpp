//===- BrokenTest.cpp - kernels with one mistake are caught, with the line -===//
//
// Each expects the finding's words and the instruction on the PTX line it names.
//
//===----------------------------------------------------------------------===//

#include "test/unit/ptx/TestLaunch.h"

namespace attn::ptx {
namespace {

struct Broken80 : testing::Test {
  std::vector<float> in = std::vector<float>(1024, 1.0f), out = std::vector<float>(1024);
  TestLaunch inOut(const char *kernel, uint32_t threads = 128) {
    TestLaunch run("broken80", kernel);
    run.buffer(in, "in", false).buffer(out, "out").block(threads).shared(threads * 4);
    return run;
  }
};

TEST_F(Broken80, missing_barrier) {
  inOut("missing_barrier").expectFinding("a write, or a barrier after it, is missing", "ld.shared");
}

TEST_F(Broken80, missing_barrier_is_no_race_within_a_warp) { inOut("missing_barrier", 32).expectSuccess(); }

TEST_F(Broken80, missing_second_barrier) {
  TestLaunch run = inOut("missing_second_barrier");
  run.value(2).expectFinding("a race: no barrier lies between the two", ".shared");
}

TEST_F(Broken80, one_round_needs_no_second_barrier) {
  TestLaunch run = inOut("missing_second_barrier");
  run.value(1).expectSuccess();
}

TEST_F(Broken80, copy_read_before_its_wait) {
  TestLaunch run = inOut("copy_read_before_wait", 32);
  run.shared(512).expectFinding("the destination of cp.async", "ld.shared");
}

TEST_F(Broken80, wait_group_one_too_high) {
  TestLaunch run = inOut("wait_group_too_high", 32);
  run.shared(1024).expectFinding("no cp.async.wait_group", "ld.shared");
}

/// The same without the race detector: the two modes disagree.
TEST_F(Broken80, wait_group_one_too_high_shows_in_the_results_too) {
  TestLaunch run = inOut("wait_group_too_high", 32);
  run.shared(1024).launch.checkShared = false;
  auto result = run.both();
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.status().message().find("early and"), std::string::npos) << result.status().message();
  EXPECT_NE(result.status().message().find("byte 0 of 'out'"), std::string::npos) << result.status().message();
}

TEST_F(Broken80, store_out_of_bounds) {
  TestLaunch run("broken80", "store_out_of_bounds");
  run.buffer(out, "out")
      .value(1024)
      .grid(5)
      .block(256)
      .expectFinding("out of bounds: byte 4096 of 'out', which has 4096", "st.global");
}

TEST_F(Broken80, misaligned_load) {
  inOut("misaligned_load").expectFinding("is not a multiple of the access's 16 bytes", "ld.global");
}

TEST_F(Broken80, shared_out_of_bounds) {
  TestLaunch run("broken80", "shared_out_of_bounds");
  run.buffer(out, "out").block(64).shared(256).expectFinding("out of bounds", "st.shared");
}

TEST_F(Broken80, read_of_what_nobody_wrote) {
  TestLaunch run("broken80", "read_of_nothing");
  run.buffer(out, "out").block(32).shared(128).expectFinding("which nobody has written", "ld.shared");
}

TEST_F(Broken80, barriers_disagree) {
  TestLaunch run("broken80", "barriers_disagree");
  run.buffer(out, "out").block(128).expectFinding("where 64 of 128 threads have arrived", "bar.sync");
}

TEST_F(Broken80, shuffle_without_partner) {
  std::vector<int> lanes(64);
  TestLaunch run("broken80", "shuffle_without_partner");
  run.buffer(lanes, "out").block(32).expectFinding("for lanes ffff0000 of its warp", "shfl.sync");
}

TEST_F(Broken80, shuffle_does_not_wait_for_lanes_that_left) {
  std::vector<int> lanes(32), expected(32);
  std::fill_n(expected.begin(), 16, 3);
  TestLaunch("broken80", "shuffle_of_those_left").buffer(lanes, "out").block(32).expectSuccess();
  EXPECT_EQ(lanes, expected);
}

TEST_F(Broken80, write_to_an_input) {
  TestLaunch run("broken80", "write_to_constant_input");
  run.buffer(in, "in", false).block(32).expectFinding("'in' is not writable", "st.global");
}

struct Broken90 : testing::Test {
  std::vector<float> c = std::vector<float>(64 * 128);
  TestLaunch product(const char *kernel, uint32_t extraShared = 0) {
    TestLaunch run("broken90", kernel);
    run.buffer(c, "c").block(128).shared((64 + 128) * 128 + extraShared);
    return run;
  }
};

TEST_F(Broken90, without_a_mistake_the_product_is_right) {
  product("product_none").expectSuccess();
  EXPECT_EQ(c, std::vector<float>(64 * 128, 64.0f));
}

TEST_F(Broken90, accumulators_read_before_their_wait) {
  product("product_no_wait").expectFinding("reads an accumulator of the wgmma of line", "st.global");
}

TEST_F(Broken90, wgmma_wait_group_one_too_high) {
  product("product_wait_too_high").expectFinding("before a wgmma.wait_group that covers it", "st.global");
}

TEST_F(Broken90, stride_between_atoms) {
  product("product_stride_512")
      .expectFinding("bad descriptor of the second factor: its stride byte offset is 512", "wgmma");
}

TEST_F(Broken90, stride_beyond_the_tile) { product("product_stride_2048").expectFinding("out of bounds", "wgmma"); }

TEST_F(Broken90, stride_into_bytes_nobody_wrote) {
  product("product_stride_2048", 16384).expectFinding("which nobody has written", "wgmma");
}

TEST_F(Broken90, missing_proxy_fence) {
  product("product_no_proxy_fence").expectFinding("fence.proxy.async is missing", "wgmma");
}

TEST_F(Broken90, missing_register_fence) {
  product("product_no_register_fence").expectFinding("was written since the last wgmma.fence", "wgmma");
}

TEST_F(Broken90, factor_overwritten_in_flight) {
  product("product_overwrite").expectFinding("st.volatile.shared", "wgmma.mma_async");
}

TEST_F(Broken90, mbarrier_never_completed) {
  TestLaunch run("broken90", "never_arrives");
  run.buffer(c, "c").block(64).expectFinding("which lacks 1 of 2 arrivals", "mbarrier.try_wait");
}

TEST_F(Broken90, one_arrival_too_many) {
  TestLaunch run("broken90", "arrives_twice");
  run.buffer(c, "c").block(32).expectFinding("1 arrivals, but the phase lacks only 0 of 2", "mbarrier.arrive");
}

TEST_F(Broken90, mbarrier_not_initialised) {
  TestLaunch run("broken90", "not_initialised");
  run.buffer(c, "c").block(32).expectFinding("no mbarrier is initialised", "mbarrier.try_wait");
}

struct BrokenCopy : testing::Test {
  std::vector<uint8_t> tensor = std::vector<uint8_t>(128 * 8), out = std::vector<uint8_t>(128);
  TensorMap map() {
    const uint32_t sizes[] = {128, 8}, box[] = {128, 8};
    const uint64_t strides[] = {128};
    return *encodeTensorMap(tensor.data(), 1, 2, sizes, strides, box, 128);
  }
};

TEST_F(BrokenCopy, read_before_arrival) {
  TestLaunch run("broken90", "read_before_arrival");
  run.lend(tensor, "tensor")
      .value(map())
      .buffer(out, "out")
      .block(32)
      .shared(1024)
      .expectFinding("its mbarrier has not been waited for", "ld.shared");
}

TEST_F(BrokenCopy, block_ends_before_arrival) {
  TestLaunch run("broken90", "ends_before_arrival");
  run.lend(tensor, "tensor").value(map()).block(1).shared(1024).expectFinding("has not been waited for", "ret");
}

TEST_F(BrokenCopy, tensor_that_nobody_lent) {
  TestLaunch run("broken90", "read_before_arrival");
  run.value(map()).buffer(out, "out").block(32).shared(1024).expectFinding("out of bounds", "cp.async.bulk.tensor");
}

TEST_F(BrokenCopy, no_map) {
  TestLaunch run("broken90", "read_before_arrival");
  run.lend(tensor, "tensor")
      .value(TensorMap{0})
      .buffer(out, "out")
      .block(32)
      .shared(1024)
      .expectFinding("no tensor map of rank 2", "cp.async.bulk.tensor");
}

} // namespace
} // namespace attn::ptx
