//===- SafetensorsTest.cpp - safetensors files, right and wrong -----------===//

#include "runtime/files/Safetensors.h"

#include "test/unit/files/Consistency.h"
#include "test/unit/files/Damage.h"
#include "test/unit/files/Samples.h"

#include <gtest/gtest.h>

using namespace attn;
using samples::Bytes;

static Result<std::vector<WeightTensor>> parse(const Bytes &bytes) {
  return parseSafetensors(bytes.data(), bytes.size(), "m.safetensors");
}

static void expectFailure(const std::string &header, uint64_t dataBytes, Code code, const std::string &part) {
  Bytes bytes = samples::safetensors(header, dataBytes);
  Result<std::vector<WeightTensor>> tensors = parse(bytes);
  ASSERT_FALSE(tensors.ok()) << header;
  EXPECT_EQ(tensors.status().code(), code) << tensors.status().message();
  EXPECT_NE(tensors.status().message().find(part), std::string::npos) << tensors.status().message();
}

TEST(Safetensors, ReadsTensorsInTheOrderOfTheirData) {
  Bytes bytes = samples::safetensors();
  Result<std::vector<WeightTensor>> tensors = parse(bytes);
  ASSERT_TRUE(tensors.ok()) << tensors.status().message();
  ASSERT_EQ(tensors->size(), 3u);
  EXPECT_EQ((*tensors)[0].name, "a");
  EXPECT_EQ((*tensors)[1].name, "b");
  EXPECT_EQ((*tensors)[1].format, StorageFormat::bf16);
  EXPECT_EQ((*tensors)[1].shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ((*tensors)[1].data, bytes.data() + bytes.size() - 12);
  EXPECT_EQ((*tensors)[2].bytes, 0u);
  EXPECT_TRUE(consistent(*tensors, bytes.data(), bytes.size()));
}

TEST(Safetensors, SurvivesTruncationAtEveryByte) {
  truncateEverywhere(samples::safetensors(), [](const std::byte *data, uint64_t size) {
    EXPECT_FALSE(parseSafetensors(data, size, "m.safetensors").ok()) << size;
  });
}

TEST(Safetensors, SurvivesEveryChangedByte) {
  int refused = 0;
  changeEverywhere(samples::safetensors(), [&](const std::byte *data, uint64_t size) {
    Result<std::vector<WeightTensor>> tensors = parseSafetensors(data, size, "m.safetensors");
    refused += !tensors.ok();
    if (tensors.ok()) {
      EXPECT_TRUE(consistent(*tensors, data, size));
    }
  });
  EXPECT_GT(refused, 1000);
}

TEST(Safetensors, RefusesBytesThatDoNotFitTheShape) {
  expectFailure(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8, Code::corrupt, "is given 8 bytes");
  expectFailure(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", 0, Code::corrupt,
                "'a' of shape");
  expectFailure(R"({"a":{"dtype":"F32","shape":[0,9223372036854775807,9],"data_offsets":[0,0]}})", 0, Code::corrupt,
                "'a' of shape");
  expectFailure(R"({"a":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,8]}})", 8, Code::corrupt,
                "not lists of counts");
  expectFailure(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8, Code::corrupt, "not lists of counts");
  expectFailure(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8, Code::corrupt, "not lists of counts");
}

TEST(Safetensors, RefusesHolesOverlapsAndBytesLeftOver) {
  expectFailure(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", 3, Code::corrupt, "starts at byte 1");
  expectFailure(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],)"
                R"("data_offsets":[1,3]}})",
                3, Code::corrupt, "starts at byte 1");
  expectFailure(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 3, Code::corrupt, "no tensor covers");
  expectFailure(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 1, Code::corrupt, "the file has 1");
}

TEST(Safetensors, RefusesNamesThatAreTwice) {
  std::string a = R"("a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]})";
  expectFailure("{" + a + "," + a + "}", 2, Code::corrupt, "gives 'a' twice");
  expectFailure(R"({"a":{"dtype":"U8","dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 2, Code::corrupt,
                "gives 'dtype' twice");
}

TEST(Safetensors, RefusesHeadersThatAreNoTable) {
  expectFailure("[]", 0, Code::corrupt, "does not begin with '{'");
  expectFailure("{", 0, Code::corrupt, "not a JSON object");
  expectFailure(R"({"a":1})", 0, Code::corrupt, "exactly dtype, shape and data_offsets");
  expectFailure(R"({"a":{"dtype":1,"shape":[],"data_offsets":[0,0]}})", 0, Code::corrupt, "exactly dtype");
  expectFailure(R"({"__metadata__":{"a":1}})", 0, Code::corrupt, "not a map of texts");
  expectFailure(R"({"a":{"dtype":"F8_E5M2","shape":[2],"data_offsets":[0,2]}})", 2, Code::unsupported, "F8_E5M2");
  std::string deep(100000, '[');
  expectFailure("{\"a\":" + deep, 0, Code::corrupt, "not a JSON object");
}
