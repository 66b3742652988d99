//===- CudaDeviceTest.cpp - the CUDA device, on a driver without a GPU -*- C++ -*-===//

#include "runtime/cuda/CudaDevice.h"
#include "runtime/cuda/Architecture.h"
#include "runtime/cuda/CudaCopy.h"
#include "test/unit/gpu/FakeDriver.h"
#include "test/unit/gpu/GpuProgram.h"

#include <dlfcn.h>

using namespace attn;
using namespace attn::cuda;

namespace {

class CudaDevice : public ::testing::Test {
protected:
  void SetUp() override { fakeDriver() = FakeDriver(); }
  void TearDown() override {
    fakeDriver().failures.clear();
    const FakeDriver &driver = fakeDriver();
    EXPECT_EQ(driver.contexts, 0);
    EXPECT_EQ(driver.streams, 0);
    EXPECT_EQ(driver.modules, 0);
    EXPECT_EQ(driver.allocations, 0);
  }

  /// How making a device fails.
  static Status refusal() { return makeCudaDevice(nullptr).status(); }

  /// How creating a session of |artifact| fails.
  static Status refusal(const std::vector<std::byte> &artifact) { return GpuSession(device(), artifact).status; }

  static std::unique_ptr<Device> device() {
    Result<std::unique_ptr<Device>> device = makeCudaDevice(nullptr);
    EXPECT_TRUE(device.ok()) << device.status().message();
    return device ? std::move(*device) : nullptr;
  }
};

} // namespace

TEST(CudaDriver, that_is_not_there_is_a_status) {
  EXPECT_FAILS(makeCudaDevice("libnobody-has-this.so.1").status(), Code::unsupported,
               "there is no CUDA driver on this machine (libnobody-has-this.so.1: cannot open");
  // A library that is there, but is none.
  EXPECT_FAILS(makeCudaDevice("libm.so.6").status(), Code::unsupported,
               "the CUDA driver of this machine has no 'cuGetErrorName'; install a newer one");
}

TEST(CudaDriver, is_what_the_device_cuda_asks_for) {
  if (void *driver = dlopen("libcuda.so.1", RTLD_NOW)) {
    dlclose(driver);
    GTEST_SKIP() << "this machine has a CUDA driver";
  }
  EXPECT_FAILS(makeDevice("cuda", 0).status(), Code::unsupported,
               "there is no CUDA driver on this machine (libcuda.so.1: cannot open");
}

TEST_F(CudaDevice, runs_a_program) {
  {
    GpuSession s(device(), packGpu(gpuJson()));
    expectItWorks(s);
  }
  const FakeDriver &driver = fakeDriver();
  EXPECT_TRUE(driver.wasCalled("cuDevicePrimaryCtxRetain 7"));
  EXPECT_TRUE(driver.wasCalled("cuStreamCreate 1"));
  EXPECT_TRUE(driver.wasCalled("cuModuleLoadDataEx sm_80"));
  EXPECT_TRUE(driver.wasCalled("cuFuncSetAttribute reverse 8 65536"));
  EXPECT_FALSE(driver.wasCalled("cuFuncSetAttribute scale 8 0"));
  EXPECT_TRUE(driver.wasCalled("cuLaunchKernel reverse 2,1,1 64,1,1 65536"));
  EXPECT_TRUE(driver.wasCalled("cuLaunchKernel place 4,3,2 32,1,1 0"));
}

/// A caller's tensors and stream are used as they are, and a run waits for nothing.
TEST_F(CudaDevice, works_in_the_stream_of_its_caller) {
  std::unique_ptr<Device> owner = device(); // stands for the caller: the fake has one stream and one memory
  auto *input = static_cast<float *>(*owner->allocate(24)), *output = static_cast<float *>(*owner->allocate(24));
  ASSERT_TRUE(owner->synchronize().ok());
  fakeDriver().calls.clear();
  std::iota(input, input + 6, 0.0f);
  output[0] = -1;
  const int64_t shape[] = {2, 3}, one[] = {1};
  {
    Result<std::unique_ptr<Device>> made = makeCudaDevice(nullptr, static_cast<void *>(&fakeDriver().queue));
    ASSERT_TRUE(made.ok()) << made.status().message();
    GpuSession s(std::move(*made), packGpu(gpuJson()));
    ASSERT_TRUE(s.status.ok()) << s.status.message();
    EXPECT_FALSE(fakeDriver().wasCalled("cuStreamCreate 1"));
    fakeDriver().calls.clear();
    attn_tensor_t from = attn_tensor(input, ATTN_F32, 2, shape), to = attn_tensor(output, ATTN_F32, 2, shape);
    Status status = s.call("row_wise", {from}, {to});
    EXPECT_TRUE(status.ok()) << status.message();
    EXPECT_FALSE(fakeDriver().wasCalled("cuStreamSynchronize"));
    EXPECT_EQ(output[0], -1);
    EXPECT_TRUE(owner->synchronize().ok());
    EXPECT_EQ(std::vector<float>(output, output + 6), (std::vector<float>{2, 1, 0, 5, 4, 3}));

    attn_tensor_t padded = from;
    padded.strides[0] = 4;
    EXPECT_FAILS(s.call("row_wise", {padded}, {to}), Code::unsupported,
                 "argument 'x' is on the device and not contiguous");
    EXPECT_FAILS(s.call("row_wise", {from}, {padded}), Code::unsupported,
                 "result 'y' is on the device and not contiguous");
    int32_t lengths[] = {0, 0};
    const int64_t none[] = {2, 0}, two[] = {2}, whole[] = {2, 16};
    EXPECT_FAILS(s.call("append", {attn_tensor(input, ATTN_F32, 2, none), attn_tensor(lengths, ATTN_I32, 1, two)},
                        {attn_tensor(output, ATTN_F32, 2, whole)}),
                 Code::unsupported, "its lengths have to be known to the host");
    // What the caller did not give memory for is the session's, on the device too.
    attn_tensor_t given = {};
    const attn_tensor_t factor = attn_tensor(&lengths, ATTN_F32, 0, one);
    const attn_tensor_t arguments[] = {from, factor};
    EXPECT_TRUE(take(attn_session_run(s.session, "scale", arguments, 2, &given, 1)).ok());
    EXPECT_NE(given.data, nullptr);
    EXPECT_EQ(given.sizes[1], 3);
  }
  EXPECT_FALSE(fakeDriver().wasCalled("cuStreamDestroy"));
  owner->release(input, 24);
  owner->release(output, 24);
}

TEST_F(CudaDevice, names_the_errors_of_the_driver) {
  fakeDriver().failures["cuInit"] = CUDA_ERROR_NO_DEVICE;
  EXPECT_FAILS(refusal(), Code::unsupported,
               "the CUDA driver finds no GPU (CUDA_ERROR_NO_DEVICE (in the driver's words))");
  fakeDriver().failures = {{"cuInit", static_cast<CUresult>(803)}};
  EXPECT_FAILS(refusal(), Code::device, "the CUDA driver reports error 803 when starting");
  fakeDriver().failures.clear();
  fakeDriver().devices = 0;
  EXPECT_FAILS(refusal(), Code::unsupported, "the CUDA driver finds no GPU (it counts none)");
  fakeDriver().devices = 1;
  fakeDriver().failures = {{"cuDevicePrimaryCtxRetain", CUDA_ERROR_OUT_OF_MEMORY}};
  EXPECT_FAILS(refusal(), Code::out_of_memory, "reports CUDA_ERROR_OUT_OF_MEMORY");
  fakeDriver().failures = {{"cuStreamCreate", CUDA_ERROR_INVALID_VALUE}};
  EXPECT_FAILS(refusal(), Code::device, "CUDA_ERROR_INVALID_VALUE");
}

TEST_F(CudaDevice, says_that_memory_ran_out) {
  GpuSession s(device(), packGpu(gpuJson()));
  EXPECT_TRUE(s.rowWise(2, 3).ok());
  fakeDriver().failures["cuMemAlloc"] = CUDA_ERROR_OUT_OF_MEMORY;
  EXPECT_FAILS(s.rowWise(8, 64), Code::out_of_memory,
               "CUDA_ERROR_OUT_OF_MEMORY (in the driver's words) when allocating 2048 bytes; use a smaller "
               "attn_session_options_t.capacity");
  fakeDriver().failures.clear();
  EXPECT_TRUE(s.rowWise(8, 64).ok());
}

TEST_F(CudaDevice, reports_what_fails_while_it_runs) {
  GpuSession s(device(),
               packGpu(replacedEverywhere(gpuJson(), R"("symbol": "reverse")", R"("symbol": "read_beyond")")));
  EXPECT_FAILS(s.rowWise(1, 64), Code::device, "CUDA_ERROR_ILLEGAL_ADDRESS (in the driver's words) when waiting");
  fakeDriver().failures["cuLaunchKernel"] = CUDA_ERROR_INVALID_VALUE;
  EXPECT_FAILS(s.rowWise(1, 4), Code::device,
               "CUDA_ERROR_INVALID_VALUE (in the driver's words) when launching kernel 'row_wise'");
}

TEST_F(CudaDevice, refuses_code_that_does_not_fit) {
  std::string json = gpuJson(), ptx = gpuFile("kernels.ptx");
  fakeDriver().major = 7, fakeDriver().minor = 5;
  EXPECT_FAILS(refusal(packGpu(json)), Code::unsupported,
               "its code is for sm_80, but this device is sm_75; use the device cpu");
  fakeDriver().major = 8, fakeDriver().minor = 6;
  std::string specific = replacedEverywhere(json, "\"arch\": \"sm_80\"", "\"arch\": \"sm_90a\"");
  EXPECT_FAILS(refusal(packGpu(specific)), Code::unsupported,
               "its code is for sm_90a, but this device is sm_86; compile it with --target=sm_80");
  Entries cubin = {{"cuda/sm_80.cubin", ptx}};
  EXPECT_FAILS(refusal(packGpu(replacedEverywhere(json, "cuda/sm_80.ptx", "cuda/sm_80.cubin"), cubin)),
               Code::unsupported,
               "it has machine code for sm_80 only, but this device is sm_86; compile it to PTX, with --target=sm_80");
  std::string none = replacedEverywhere(json, R"({"device": "cuda", "entry": "cuda/sm_80.ptx", "arch": "sm_80"})", "");
  none = replacedEverywhere(none, R"("device": "cuda", "arch": "sm_80")", R"("device": "later")");
  EXPECT_FAILS(refusal(packGpu(none)), Code::unsupported, "it holds no code for a GPU; compile it with --target=sm_80");
  EXPECT_FAILS(refusal(packGpu(replacedEverywhere(json, R"("symbol": "place")", R"("symbol": "palace")"))),
               Code::corrupt, "kernel 'place' names 'palace'");
  EXPECT_FAILS(refusal(packGpu(json, {{"cuda/sm_80.ptx", ptx.substr(0, ptx.size() / 2)}})), Code::device,
               "CUDA_ERROR_INVALID_PTX (in the driver's words) when loading cuda/sm_80.ptx: image:");
  fakeDriver().failures["cuModuleLoadDataEx"] = CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
  EXPECT_FAILS(refusal(packGpu(json)), Code::unsupported, "install a newer driver");
  fakeDriver().failures.clear();
  fakeDriver().maxShared = 64 * 1024 - 1;
  EXPECT_FAILS(refusal(packGpu(json)), Code::unsupported,
               "kernel 'row_wise' needs 65536 bytes of shared memory, but this device has 65535 a block");
}

TEST_F(CudaDevice, prefers_machine_code_that_is_made_for_it) {
  std::string json = replacedEverywhere(gpuJson(), R"({"device": "cuda", "entry": "cuda/sm_80.ptx", "arch": "sm_80"})",
                                        R"({"device": "cuda", "entry": "cuda/sm_80.ptx", "arch": "sm_80"},
                                 {"device": "cuda", "entry": "cuda/sm_80.cubin", "arch": "sm_80"})");
  std::string ptx = gpuFile("kernels.ptx");
  // The fake takes PTX only, so the two are told apart by a target of their own.
  Entries entries = {{"cuda/sm_80.ptx", ptx},
                     {"cuda/sm_80.cubin", replacedEverywhere(ptx, ".target sm_80", ".target sm_86")}};
  EXPECT_TRUE(refusal(packGpu(json, entries)).ok());
  EXPECT_TRUE(fakeDriver().wasCalled("cuModuleLoadDataEx sm_80"));
  fakeDriver().calls.clear();
  fakeDriver().minor = 0;
  EXPECT_TRUE(refusal(packGpu(json, entries)).ok());
  EXPECT_TRUE(fakeDriver().wasCalled("cuModuleLoadDataEx sm_86"));
  EXPECT_FALSE(fakeDriver().wasCalled("cuModuleLoadDataEx sm_80"));
}

TEST_F(CudaDevice, chooses_the_first_implementation_of_its_architecture) {
  std::string one = R"({"device": "cuda", "arch": "sm_80", "symbol": "reverse",)";
  std::string json = replacedEverywhere(
      gpuJson(), one,
      R"({"device": "cuda", "arch": "sm_90a", "symbol": "write_input", "grid": [1], "block": 32, "shared": 0}, )" +
          one);
  json = replacedEverywhere(json, R"({"device": "cuda", "entry": "cuda/sm_80.ptx", "arch": "sm_80"})",
                            R"({"device": "cuda", "entry": "cuda/sm_80.ptx", "arch": "sm_80"},
                     {"device": "cuda", "entry": "cuda/sm_90a.ptx", "arch": "sm_90a"})");
  std::string ptx = gpuFile("kernels.ptx");
  Entries entries = {{"cuda/sm_80.ptx", ptx},
                     {"cuda/sm_90a.ptx", replacedEverywhere(ptx, ".target sm_80", ".target sm_90a")}};
  for (auto [major, symbol] : {std::pair(8, "reverse"), std::pair(9, "write_input"), std::pair(10, "reverse")}) {
    fakeDriver() = FakeDriver();
    fakeDriver().major = major, fakeDriver().minor = 0;
    GpuSession s(device(), packGpu(json, entries));
    EXPECT_TRUE(s.rowWise(1, 4).ok());
    EXPECT_EQ(fakeDriver().calls.back(), "cuStreamSynchronize"); // what came back has been waited for
    EXPECT_EQ(fakeDriver().wasCalled("cuModuleLoadDataEx sm_90a"), major == 9);
    EXPECT_TRUE(fakeDriver().wasCalled(std::string("cuLaunchKernel ") + symbol +
                                       (major == 9 ? " 1,1,1 32,1,1 0" : " 1,1,1 64,1,1 65536")));
  }
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

TEST(Architecture, reads_names_and_knows_what_runs_where) {
  EXPECT_TRUE(Architecture::parse("sm_80")->runsOn(80));
  EXPECT_TRUE(Architecture::parse("sm_80")->runsOn(120));
  EXPECT_FALSE(Architecture::parse("sm_80")->runsOn(75));
  EXPECT_TRUE(Architecture::parse("sm_90a")->runsOn(90));
  EXPECT_FALSE(Architecture::parse("sm_90a")->runsOn(100));
  for (const char *name : {"", "sm_", "sm_a", "sm_8", "sm_80b", "sm_1000", "compute_80", "sm_-1", "sm_8 "})
    EXPECT_FALSE(Architecture::parse(name)) << name;
}

namespace {

/// Does with bytes what a driver does with the pieces of a copy from |from| to |to|, and compares with an element-wise
/// copy; gives the number of pieces.
size_t checkCopy(std::vector<int64_t> sizes, std::vector<int64_t> from, std::vector<int64_t> to, ElementType type) {
  size_t element = static_cast<size_t>(elementSize(type));
  std::vector<uint8_t> source(4096), target(4096), expected(4096);
  std::iota(source.begin(), source.end(), 1);
  constexpr int64_t origin = 200; // in elements, so that strides may be negative
  BufferCopy copy;
  copy.rank = static_cast<int>(sizes.size());
  copy.type = type;
  copy.from = {source.data() + origin * element, sizes.data(), from.data()};
  copy.to = {target.data() + origin * element, sizes.data(), to.data()};
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  for (int64_t i = 0; i < count; ++i) {
    int64_t at = origin, out = origin, rest = i;
    for (size_t d = sizes.size(); d-- > 0; rest /= sizes[d]) {
      at += rest % sizes[d] * from[d];
      out += rest % sizes[d] * to[d];
    }
    for (size_t byte = 0; byte < element; ++byte)
      expected[out * element + byte] = source[at * element + byte];
  }
  std::vector<CUDA_MEMCPY2D> pieces = splitCopy(copy);
  for (const CUDA_MEMCPY2D &piece : pieces) {
    EXPECT_GE(piece.srcPitch, piece.WidthInBytes);
    EXPECT_GE(piece.dstPitch, piece.WidthInBytes);
    for (size_t row = 0; row < piece.Height; ++row)
      for (size_t byte = 0; byte < piece.WidthInBytes; ++byte)
        reinterpret_cast<uint8_t *>(piece.dstDevice)[row * piece.dstPitch + byte] =
            reinterpret_cast<uint8_t *>(piece.srcDevice)[row * piece.srcPitch + byte];
  }
  EXPECT_EQ(target, expected);
  return pieces.size();
}

} // namespace

TEST(CudaCopy, makes_few_rectangles_of_any_strides) {
  EXPECT_EQ(checkCopy({}, {}, {}, ElementType::f32), 1u);
  EXPECT_EQ(checkCopy({2, 3, 4}, {12, 4, 1}, {12, 4, 1}, ElementType::f32), 1u);          // dense
  EXPECT_EQ(checkCopy({2, 3, 4}, {12, 4, 1}, {24, 8, 1}, ElementType::f16), 1u);          // rows at a distance
  EXPECT_EQ(checkCopy({2, 3, 4}, {12, 4, 1}, {50, 8, 1}, ElementType::f32), 2u);          // planes of such rows
  EXPECT_EQ(checkCopy({3, 4}, {1, 3}, {4, 1}, ElementType::i64), 3u);                     // transposed
  EXPECT_EQ(checkCopy({3, 4}, {1, 3}, {4, 1}, ElementType::u8), 3u);                      // transposed bytes
  EXPECT_EQ(checkCopy({3, 4}, {0, 1}, {4, 1}, ElementType::f32), 3u);                     // one row three times
  EXPECT_EQ(checkCopy({3, 4}, {-4, -1}, {4, 1}, ElementType::f32), 12u);                  // backwards
  EXPECT_EQ(checkCopy({1, 3, 1, 4}, {99, 4, 77, 1}, {1, 4, 55, 1}, ElementType::i8), 1u); // sizes of 1 do not count
  EXPECT_EQ(checkCopy({0, 4}, {4, 1}, {4, 1}, ElementType::f32), 0u);
}
