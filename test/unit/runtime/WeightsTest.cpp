//===- WeightsTest.cpp - weights are found, checked and matched to kernels -*- C++ -*-===//

#include "test/unit/files/Samples.h"
#include "test/unit/runtime/HandMade.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace attn;

namespace {

/// A file that goes when the test ends.
struct TemporaryFile {
  TemporaryFile() {
    int descriptor = mkstemp(path);
    EXPECT_GE(descriptor, 0);
    close(descriptor);
  }
  ~TemporaryFile() { unlink(path); }
  char path[32] = "/tmp/attn-weights-XXXXXX";
};

} // namespace

static Result<std::unique_ptr<Session>> openWith(const samples::Bytes &file, const std::string &json = handMadeJson()) {
  TemporaryFile temporary;
  ATTN_RETURN_IF_ERROR(writeFile(temporary.path, file.data(), file.size()));
  ATTN_ASSIGN_OR_RETURN(source, WeightSource::open(temporary.path));
  ATTN_ASSIGN_OR_RETURN(artifact, openBytes(handMade(json)));
  ATTN_ASSIGN_OR_RETURN(device, makeDevice("cpu", 1));
  return Session::create(std::move(device), std::move(artifact), std::move(source), {});
}

static samples::Bytes floatsFile(const std::string &header, const std::vector<float> &values) {
  samples::Bytes bytes = samples::safetensors(header, values.size() * sizeof(float));
  std::memcpy(bytes.data() + bytes.size() - values.size() * sizeof(float), values.data(),
              values.size() * sizeof(float));
  return bytes;
}

static std::vector<float> callBiases(Session &session) {
  std::vector<float> zero(3);
  attn_tensor_t x = tensorOf(zero, {1, 3}), y = {};
  Status status = session.run(session.program().findFunction("biases"), &x, 1, &y, 1);
  EXPECT_TRUE(status.ok()) << status.message();
  const float *data = static_cast<const float *>(y.data);
  return status.ok() ? std::vector<float>(data, data + 3) : std::vector<float>();
}

TEST(Weights, are_bound_by_name_and_index) {
  Result<std::unique_ptr<Session>> session =
      openWith(floatsFile(R"({"bias": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]},
                              "layer.0.bias": {"dtype": "F32", "shape": [3], "data_offsets": [12, 24]},
                              "layer.1.bias": {"dtype": "F32", "shape": [3], "data_offsets": [24, 36]}})",
                          {1, 2, 3, 10, 20, 30, 100, 200, 300}));
  ASSERT_TRUE(session.ok()) << session.status().message();
  EXPECT_EQ(callBiases(**session), (std::vector<float>{111, 222, 333}));
}

TEST(Weights, choose_the_implementation_by_their_format) {
  // 1.5 in bf16 is 0x3fc0: the last two floats of the file hold three of them.
  const char *header = R"({"bias": {"dtype": "BF16", "shape": [3], "data_offsets": [24, 30]},
                           "layer.0.bias": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]},
                           "layer.1.bias": {"dtype": "F32", "shape": [3], "data_offsets": [12, 24]}})";
  samples::Bytes bytes = samples::safetensors(header, 30);
  std::vector<float> values = {1, 2, 3, 10, 20, 30};
  std::byte *data = bytes.data() + bytes.size() - 30;
  std::memcpy(data, values.data(), 24);
  for (int i = 0; i < 3; ++i)
    data[24 + 2 * i] = std::byte{0xc0}, data[25 + 2 * i] = std::byte{0x3f};
  Result<std::unique_ptr<Session>> session = openWith(bytes);
  ASSERT_TRUE(session.ok()) << session.status().message();
  EXPECT_EQ(callBiases(**session), (std::vector<float>{12.5, 23.5, 34.5}));
}

TEST(Weights, are_all_complained_about_at_once) {
  const char *header = R"({"bias": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
                           "layer.1.bias": {"dtype": "F16", "shape": [3], "data_offsets": [16, 22]}})";
  Status status = openWith(samples::safetensors(header, 22)).status();
  EXPECT_FAILS(status, Code::not_found, "3 of the weights that by_hand needs do not fit");
  EXPECT_FAILS(status, Code::not_found, "'layer.0.bias' is missing");
  EXPECT_FAILS(status, Code::not_found, "'layer.1.bias' is stored as f16, but kernel 'add_weight' takes f32, bf16");
  EXPECT_FAILS(status, Code::not_found, "'bias' has shape 2x2, but 3 is needed");
}

/// Function and kernel `elsewhere` read two weights together, in two formats or in one.
static std::string pairJson(const std::string &implementations) {
  std::string json =
      replaced(handMadeJson(),
               R"({"name": "elsewhere", "arguments": [{"kind": "buffer", "type": "f32", "rank": 2, "access": "read"}],
     "implementations": [{"device": "another", "symbol": "elsewhere", "grid": [1]}]})",
               R"({"name": "elsewhere", "arguments": [{"kind": "weight", "rank": 1}, {"kind": "weight", "rank": 1}],
     "implementations": [)" +
                   implementations + "]}");
  return replaced(json, R"("commands": [{"kernel": 9, "operands": [{"argument": 0}]}])",
                  R"("commands": [{"repeat": 2, "index": "i", "commands": [
           {"kernel": 9, "operands": [{"weight": 0}, {"weight": 1}]}]}])");
}

static std::string implementation(const std::string &first, const std::string &second) {
  return R"({"device": "cpu", "symbol": "clear", "formats": {"0": ")" + first + R"(", "1": ")" + second +
         R"("}, "grid": [0], "scratch": 0})";
}

static samples::Bytes mixedFile() {
  return samples::safetensors(R"({"bias": {"dtype": "BF16", "shape": [3], "data_offsets": [24, 30]},
                                  "layer.0.bias": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]},
                                  "layer.1.bias": {"dtype": "F32", "shape": [3], "data_offsets": [12, 24]}})",
                              30);
}

TEST(Weights, that_meet_in_a_launch_fit_together_before_anything_runs) {
  std::string alike = implementation("f32", "f32") + ", " + implementation("bf16", "bf16");
  Status status = openWith(mixedFile(), pairJson(alike)).status();
  EXPECT_FAILS(status, Code::unsupported, "3 of the weights that by_hand needs do not fit");
  EXPECT_FAILS(status, Code::unsupported,
               "kernel 'elsewhere' does not take together 'layer.0.bias' as f32 and 'bias' as bf16");
  EXPECT_FAILS(status, Code::unsupported, "'layer.1.bias' as f32 and 'bias' as bf16");
  EXPECT_FAILS(status, Code::unsupported, "compile it for this one with attn-opt --weights");
  Status mixed = openWith(mixedFile(), pairJson(alike + ", " + implementation("f32", "bf16"))).status();
  EXPECT_TRUE(mixed.ok()) << mixed.message();
}

TEST(Weights, drawn_at_random_fit_together) {
  for (auto [first, second] : {std::pair("f32", "bf16"), std::pair("bf16", "f32"), std::pair("bf16", "bf16")}) {
    Result<std::unique_ptr<Session>> session = openSession(pairJson(implementation(first, second)));
    EXPECT_TRUE(session.ok()) << session.status().message();
  }
}

TEST(Weights, of_kernels_without_code_for_the_device_have_any_format) {
  std::string other = replaced(implementation("f16", "f16"), "\"cpu\"", "\"another\"");
  Status status = openWith(mixedFile(), pairJson(other)).status();
  EXPECT_TRUE(status.ok()) << status.message();
}

TEST(Weights, are_needed) {
  Result<std::unique_ptr<Artifact>> artifact = openBytes(handMade());
  Result<std::unique_ptr<Device>> device = makeDevice("cpu", 1);
  ASSERT_TRUE(artifact.ok() && device.ok());
  EXPECT_FAILS(Session::create(std::move(*device), std::move(*artifact), nullptr, {}).status(), Code::invalid_argument,
               "needs 2 weights, but none are given");
}

TEST(Weights, drawn_at_random_depend_on_the_seed_and_the_name) {
  auto draw = [](uint64_t seed) {
    Result<std::unique_ptr<Artifact>> artifact = openBytes(handMade());
    Result<std::unique_ptr<Device>> device = makeDevice("cpu", 1);
    Result<std::unique_ptr<BoundWeights>> bound =
        BoundWeights::bind(**artifact, WeightSource::random(seed).get(), **device);
    EXPECT_TRUE(bound.ok());
    std::vector<float> values;
    for (auto [weight, i] : {std::pair(0, 0), std::pair(0, 1), std::pair(1, 0)}) {
      const float *data = static_cast<const float *>((*bound)->get(weight, i).data);
      values.insert(values.end(), data, data + 3);
    }
    return values;
  };
  std::vector<float> first = draw(1);
  EXPECT_EQ(first, draw(1));
  EXPECT_NE(first, draw(2));
  EXPECT_NE(std::vector<float>(first.begin(), first.begin() + 3),
            std::vector<float>(first.begin() + 3, first.begin() + 6));
}
