//===- PtxDeviceTest.cpp - GPU code, interpreted -*- C++ -*-===//

#include "test/unit/gpu/GpuProgram.h"

using namespace attn;

static std::unique_ptr<Device> ptxDevice() {
  Result<std::unique_ptr<Device>> device = makeDevice("ptx", 1);
  EXPECT_TRUE(device.ok()) << device.status().message();
  return device ? std::move(*device) : nullptr;
}

/// What `row_wise` says when |symbol| stands in for the right entry.
static Status findingOf(const std::string &symbol, int64_t rows, int64_t columns) {
  GpuSession s(ptxDevice(),
               packGpu(replacedEverywhere(gpuJson(), "\"symbol\": \"reverse\"", "\"symbol\": \"" + symbol + "\"")));
  EXPECT_TRUE(s.status.ok()) << s.status.message();
  return s.rowWise(rows, columns);
}

/// How creating a session fails.
static Status refusal(const std::vector<std::byte> &artifact) { return GpuSession(ptxDevice(), artifact).status; }

TEST(PtxDevice, runs_a_program) {
  GpuSession s(ptxDevice(), packGpu(gpuJson()));
  expectItWorks(s);
}

TEST(PtxDevice, reports_a_race_with_kernel_and_line) {
  EXPECT_TRUE(findingOf("reverse", 2, 64).ok());
  Status status = findingOf("reverse_racy", 2, 64);
  EXPECT_FAILS(status, Code::device, "function 'row_wise': kernel 'row_wise' (reverse_racy): cuda/sm_80.ptx:");
  EXPECT_FAILS(status, Code::device, "ld.shared.f32");
}

TEST(PtxDevice, reports_a_missing_wait) {
  EXPECT_FAILS(findingOf("copy_unwaited", 2, 64), Code::device, "kernel 'row_wise' (copy_unwaited)");
}

TEST(PtxDevice, reports_a_deadlock) {
  EXPECT_FAILS(findingOf("wait_for_nobody", 1, 4), Code::device, "mbarrier.test_wait");
}

TEST(PtxDevice, reports_what_lies_outside_of_an_operand) {
  EXPECT_FAILS(findingOf("read_beyond", 2, 5), Code::device, "'argument 0'");
  EXPECT_FAILS(findingOf("write_input", 2, 5), Code::device, "kernel 'row_wise' (write_input)");
}

TEST(PtxDevice, lends_operands_that_overlap_once) {
  // In place: one buffer is read and written, so it may be written.
  std::string json = replacedEverywhere(gpuJson(), R"([{"kernel": 1, "operands": [{"argument": 0}, {"result": 0}]}])",
                                        R"([{"copy": [{"argument": 0}, {"result": 0}]},
                                  {"kernel": 1, "operands": [{"result": 0}, {"result": 0}]}])");
  GpuSession s(ptxDevice(), packGpu(json));
  std::vector<float> reversed;
  Status status = s.rowWise(2, 3, &reversed);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(reversed, (std::vector<float>{2, 1, 0, 5, 4, 3}));
}

TEST(PtxDevice, knows_how_many_bytes_a_weight_has) {
  std::string json = replacedEverywhere(
      gpuJson(),
      R"({"name": "row_wise", "arguments": [{"kind": "buffer", "type": "f32", "rank": 2, "access": "read"},)",
      R"({"name": "row_wise", "arguments": [{"kind": "weight", "rank": 2},)");
  json = replacedEverywhere(json, R"("weights": [])", R"("weights": [{"name": "w", "shape": [2, 64]}])");
  json = replacedEverywhere(json, R"([{"kernel": 1, "operands": [{"argument": 0}, {"result": 0}]}])",
                            R"([{"kernel": 1, "operands": [{"weight": 0}, {"result": 0}]}])");
  EXPECT_FAILS(refusal(packGpu(json)), Code::unsupported, "takes argument 0 in any format");
  auto run = [&](const char *symbol, const char *format) {
    std::string with =
        replacedEverywhere(json, R"("symbol": "reverse",)",
                           std::string(R"("symbol": ")") + symbol + R"(", "formats": {"0": ")" + format + R"("},)");
    std::vector<std::byte> bytes = packGpu(with);
    Result<std::unique_ptr<Artifact>> artifact = Artifact::fromBytes(bytes.data(), bytes.size(), "test.attn");
    EXPECT_TRUE(artifact.ok()) << artifact.status().message();
    SessionOptions options;
    Result<std::unique_ptr<Session>> session =
        Session::create(ptxDevice(), std::move(*artifact), WeightSource::random(1), options);
    EXPECT_TRUE(session.ok()) << session.status().message();
    std::vector<float> x(128), y(128);
    const int64_t shape[] = {2, 64};
    attn_tensor_t argument = attn_tensor(x.data(), ATTN_F32, 2, shape),
                  result = attn_tensor(y.data(), ATTN_F32, 2, shape);
    return (*session)->run((*session)->program().findFunction("row_wise"), &argument, 1, &result, 1);
  };
  Status status = run("reverse", "f32");
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_FAILS(run("write_input", "f32"), Code::device, "kernel 'row_wise' (write_input)");
  // As bf16 the weight has half the bytes that the entry reads; as q8_0, 2 rows of 2 blocks of 34.
  EXPECT_FAILS(run("reverse", "bf16"), Code::device, "'argument 0', which has 256");
  EXPECT_FAILS(run("reverse", "q8_0"), Code::device, "'argument 0', which has 136");
}

TEST(PtxDevice, refuses_what_it_cannot_run) {
  std::string json = gpuJson(), ptx = gpuFile("kernels.ptx");
  GpuSession s(ptxDevice(), packGpu(json));
  std::vector<float> x(3);
  const int64_t shape[] = {1, 3};
  EXPECT_FAILS(s.call("on_cpu_only", {attn_tensor(x.data(), ATTN_F32, 2, shape)}, {}), Code::unsupported,
               "kernel 'on_cpu_only' has no implementation for device 'cuda'");
  EXPECT_FAILS(s.rowWise(1, 65), Code::unsupported, "kernel 'row_wise' has no implementation");

  std::string none = replacedEverywhere(json, R"({"device": "cuda", "entry": "cuda/sm_80.ptx", "arch": "sm_80"})", "");
  none = replacedEverywhere(none, R"("device": "cuda", "arch": "sm_80")", R"("device": "later")");
  EXPECT_FAILS(refusal(packGpu(none)), Code::unsupported, "it holds no code for a GPU; compile it with --target=sm_80");
  EXPECT_FAILS(
      refusal(packGpu(replacedEverywhere(json, "cuda/sm_80.ptx", "cuda/sm_80.cubin"), {{"cuda/sm_80.cubin", "code"}})),
      Code::unsupported, "compile it to PTX");
  EXPECT_FAILS(refusal(packGpu(replacedEverywhere(json, R"("symbol": "place")", R"("symbol": "palace")"))),
               Code::corrupt, "kernel 'place' names 'palace'");
  EXPECT_FAILS(refusal(packGpu(replacedEverywhere(json, R"("symbol": "place")", R"("symbol": "scale")"))),
               Code::corrupt,
               "kernel 'place' makes 7 parameters of 8 bytes and 0 tensor maps, but 'scale' takes 11 parameters of 88 "
               "bytes together");
  EXPECT_FAILS(refusal(packGpu(json, {{"cuda/sm_80.ptx", ptx.substr(0, ptx.size() / 2)}})), Code::corrupt,
               "cuda/sm_80.ptx:");
}

TEST(GpuProgram, is_checked_when_it_is_opened) {
  auto openWith = [](const std::string &from, const std::string &to) {
    std::vector<std::byte> bytes = packGpu(replacedEverywhere(gpuJson(), from, to));
    return Artifact::fromBytes(bytes.data(), bytes.size(), "test.attn").status();
  };
  EXPECT_TRUE(openWith("for_a_gpu", "for_a_gpu").ok());
  EXPECT_FAILS(
      openWith(R"("entry": "cuda/sm_80.ptx", "arch": "sm_80")", R"("entry": "cuda/sm_80.ptx", "arch": "sm_90a")"),
      Code::corrupt, "kernel 'scale' has an implementation for sm_80, but no target has code for that");
  EXPECT_FAILS(openWith("sm_80\", \"symbol\": \"place", "gfx90\", \"symbol\": \"place"), Code::corrupt,
               "kernels[2].implementations[0] has the unknown architecture 'gfx90'");
  EXPECT_FAILS(openWith("\"block\": 32", "\"block\": 2048"), Code::corrupt, "block is not an integer from 1 to 1024");
  EXPECT_FAILS(openWith("\"shared\": 65536", "\"shared\": -1"), Code::corrupt, "shared is not an integer from 0");
  EXPECT_FAILS(openWith(", \"block\": 32, \"shared\": 0", ""), Code::corrupt, "has no member 'block'");
}
