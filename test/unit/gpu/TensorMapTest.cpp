//===- TensorMapTest.cpp - arguments that are passed as tensor maps -*- C++ -*-===//
//
// `row_wise` gets a first implementation for sm_90a, which copies a row as a box of 64, before the one for sm_80.
//
//===----------------------------------------------------------------------===//

#include "runtime/cuda/CudaDevice.h"
#include "test/unit/gpu/FakeDriver.h"
#include "test/unit/gpu/GpuProgram.h"

using namespace attn;
using namespace attn::cuda;

namespace {

const char *const maps = R"("tensor_maps": [{"argument": 0, "box": [1, 64], "swizzle": 0}])";

std::string mappedJson() {
  std::string json =
      replacedEverywhere(gpuJson(), R"("targets": [)",
                         R"("targets": [{"device": "cuda", "entry": "cuda/sm_90a.ptx", "arch": "sm_90a"}, )");
  std::string first = R"({"device": "cuda", "arch": "sm_80", "symbol": "reverse")";
  return replacedEverywhere(
      json, first,
      R"({"device": "cuda", "arch": "sm_90a", "symbol": "reverse_boxes", "when": "dim(0,1) <= 64", )"
      R"json("grid": ["dim(0,0)"], "block": 32, "shared": 0, )json" +
          std::string(maps) + "}, " + first);
}

std::vector<std::byte> packMapped(const std::string &json) {
  return packGpu(json, {{"cuda/sm_80.ptx", gpuFile("kernels.ptx")}, {"cuda/sm_90a.ptx", gpuFile("kernels90.ptx")}});
}

std::unique_ptr<Device> deviceOf(Result<std::unique_ptr<Device>> device) {
  EXPECT_TRUE(device.ok()) << device.status().message();
  return device ? std::move(*device) : nullptr;
}
std::unique_ptr<Device> ptxDevice() { return deviceOf(makeDevice("ptx", 1)); }
std::unique_ptr<Device> cudaDevice() { return deviceOf(makeCudaDevice(nullptr)); }

/// An entry for sm_80 that is found to race, if it is this one that runs.
std::string withRacyFallback() {
  return replacedEverywhere(mappedJson(), R"("symbol": "reverse",)", R"("symbol": "reverse_racy",)");
}

} // namespace

TEST(TensorMap, is_made_at_the_launch) {
  GpuSession s(ptxDevice(), packMapped(withRacyFallback()));
  ASSERT_TRUE(s.status.ok()) << s.status.message();
  for (int64_t columns : {4, 60, 64}) {
    std::vector<float> reversed;
    Status status = s.rowWise(3, columns, &reversed);
    EXPECT_TRUE(status.ok()) << status.message();
    for (int64_t i = 0; i < 3 * columns; ++i)
      EXPECT_EQ(reversed[i], float(i / columns * columns + columns - 1 - i % columns));
  }
  EXPECT_TRUE(s.rowWise(0, 64).ok());
}

TEST(TensorMap, that_strides_forbid_leaves_the_launch_to_the_next_implementation) {
  GpuSession racy(ptxDevice(), packMapped(withRacyFallback()));
  EXPECT_FAILS(racy.rowWise(2, 63), Code::device, "kernel 'row_wise' (reverse_racy)");
  GpuSession s(ptxDevice(), packMapped(mappedJson()));
  std::vector<float> reversed;
  EXPECT_TRUE(s.rowWise(2, 3, &reversed).ok());
  EXPECT_EQ(reversed, (std::vector<float>{2, 1, 0, 5, 4, 3}));
}

TEST(TensorMap, that_strides_forbid_is_named_where_there_is_no_other) {
  std::string json = replacedEverywhere(mappedJson(), R"("symbol": "reverse", "when": "dim(0,1) <= 64")",
                                        R"("symbol": "reverse", "when": "dim(0,1) <= 0")");
  GpuSession s(ptxDevice(), packMapped(json));
  EXPECT_FAILS(
      s.rowWise(2, 63), Code::unsupported,
      "kernel 'row_wise': argument 0 has a stride of 63 elements, but a tensor map needs a multiple of 16 bytes");
  EXPECT_FAILS(s.rowWise(2, 65), Code::unsupported, "kernel 'row_wise' has no implementation");
}

TEST(TensorMap, needs_an_aligned_address) {
  GpuSession s(ptxDevice(), packMapped(mappedJson()));
  alignas(16) float x[9] = {}, y[8];
  const int64_t shape[] = {2, 4};
  EXPECT_FAILS(s.call("row_wise", {attn_tensor(x + 1, ATTN_F32, 2, shape)}, {attn_tensor(y, ATTN_F32, 2, shape)}),
               Code::invalid_argument, "kernel 'row_wise': argument 0 begins at no multiple of 16 bytes");
}

TEST(TensorMap, of_a_view_begins_at_a_multiple_of_16_bytes) {
  // The columns from the second on, as wide as before but for one: still 64 columns apart.
  std::string json =
      replacedEverywhere(withRacyFallback(), R"([{"kernel": 1, "operands": [{"argument": 0}, {"result": 0}]}])",
                         R"([{"kernel": 1, "operands": [{"argument": 0, "view": {"offset": 1, "shape": ["R", "C - 1"],
                                  "strides": ["C", 1]}}, {"result": 0, "view": {"offset": 0, "shape": ["R", "C - 1"],
                                  "strides": ["C", 1]}}]}])");
  GpuSession s(ptxDevice(), packMapped(json));
  EXPECT_FAILS(s.rowWise(2, 64), Code::device, "kernel 'row_wise' (reverse_racy)");
}

TEST(TensorMap, that_the_entry_does_not_take_is_refused) {
  std::vector<std::byte> artifact = packMapped(replacedEverywhere(mappedJson(), std::string(", ") + maps, ""));
  EXPECT_FAILS(GpuSession(ptxDevice(), artifact).status, Code::corrupt,
               "kernel 'row_wise' makes 10 parameters of 8 bytes and 0 tensor maps, but 'reverse_boxes' takes 11 "
               "parameters of 256 bytes together");
}

TEST(TensorMap, is_checked_when_the_program_is_opened) {
  auto openWith = [](const std::string &map) {
    std::vector<std::byte> bytes = packMapped(replacedEverywhere(mappedJson(), maps, "\"tensor_maps\": [" + map + "]"));
    return Artifact::fromBytes(bytes.data(), bytes.size(), "test.attn").status();
  };
  EXPECT_TRUE(openWith(R"({"argument": 0, "box": [1, 32], "swizzle": 128})").ok());
  EXPECT_FAILS(openWith(R"({"argument": 2, "box": [1, 64], "swizzle": 0})"), Code::corrupt,
               "tensor_maps[0] names argument 2, which is no buffer of the kernel");
  EXPECT_FAILS(openWith(R"({"argument": 0, "box": [1, 1, 64], "swizzle": 0})"), Code::corrupt,
               "a box of 3 dimensions for an argument of rank 2");
  EXPECT_FAILS(openWith(R"({"argument": 0, "box": [1, 0], "swizzle": 0})"), Code::corrupt,
               "box[1] is not an integer from 1 to 256");
  EXPECT_FAILS(openWith(R"({"argument": 0, "box": [257, 64], "swizzle": 0})"), Code::corrupt,
               "box[0] is not an integer from 1 to 256");
  EXPECT_FAILS(openWith(R"({"argument": 0, "box": [1, 2], "swizzle": 0})"), Code::corrupt, "rows are 8 bytes");
  EXPECT_FAILS(openWith(R"({"argument": 0, "box": [1, 64], "swizzle": 128})"), Code::corrupt, "rows are 256 bytes");
  EXPECT_FAILS(openWith(R"({"argument": 0, "box": [1, 8], "swizzle": 48})"), Code::corrupt, "a swizzle of 48");
  EXPECT_FAILS(openWith(R"({"argument": 0, "box": [1, 8]})"), Code::corrupt, "has no member 'swizzle'");
}

TEST(TensorMap, is_made_by_the_driver) {
  fakeDriver() = FakeDriver();
  fakeDriver().major = 9, fakeDriver().minor = 0;
  {
    GpuSession s(cudaDevice(), packMapped(mappedJson()));
    ASSERT_TRUE(s.status.ok()) << s.status.message();
    std::vector<float> reversed;
    Status status = s.rowWise(2, 4, &reversed);
    EXPECT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(reversed, (std::vector<float>{3, 2, 1, 0, 7, 6, 5, 4}));
    EXPECT_TRUE(fakeDriver().wasCalled("cuTensorMapEncodeTiled 7 4,2 64,1"));
    EXPECT_TRUE(fakeDriver().wasCalled("cuLaunchKernel reverse_boxes 2,1,1 32,1,1 0"));
    EXPECT_TRUE(s.rowWise(2, 3).ok());
    EXPECT_TRUE(fakeDriver().wasCalled("cuLaunchKernel reverse 2,1,1 64,1,1 65536"));
    fakeDriver().failures["cuTensorMapEncodeTiled"] = CUDA_ERROR_INVALID_VALUE;
    EXPECT_FAILS(s.rowWise(2, 4), Code::device,
                 "CUDA_ERROR_INVALID_VALUE (in the driver's words) when making the tensor map of argument 0 of kernel "
                 "'row_wise'");
    fakeDriver().failures.clear();
  }
  // Another architecture runs what is for sm_80.
  fakeDriver() = FakeDriver();
  GpuSession s(cudaDevice(), packMapped(mappedJson()));
  EXPECT_TRUE(s.rowWise(2, 4).ok());
  EXPECT_FALSE(fakeDriver().wasCalled("cuTensorMapEncodeTiled 7 4,2 64,1"));
}
