//===- GgufTest.cpp - GGUF files, right and wrong -------------------------===//

#include "test/unit/files/Consistency.h"
#include "test/unit/files/Damage.h"
#include "test/unit/files/Samples.h"

#include <gtest/gtest.h>

using namespace attn;
using samples::Bytes;
using samples::GgufBuilder;

static Result<Gguf> parse(const Bytes &bytes) { return Gguf::parse(bytes.data(), bytes.size(), "m.gguf"); }

/// Expects a failure of that code whose message has |part| in it and begins with the file's name.
static void expectFailure(const Bytes &bytes, Code code, const std::string &part) {
  Result<Gguf> file = parse(bytes);
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.status().code(), code) << file.status().message();
  EXPECT_EQ(file.status().message().rfind("m.gguf: ", 0), 0u) << file.status().message();
  EXPECT_NE(file.status().message().find(part), std::string::npos) << file.status().message();
}

TEST(Gguf, ReadsMetadataOfEachType) {
  Bytes bytes = samples::gguf();
  Result<Gguf> file = parse(bytes);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ(*file->textAt("general.architecture"), "llama");
  EXPECT_EQ(*file->unsignedAt("llama.block_count"), 2u);
  EXPECT_EQ(*file->floatAt("llama.rope.freq_base"), 1e5);
  EXPECT_FALSE(*file->boolAt("tokenizer.ggml.add_bos_token"));
  EXPECT_EQ(*file->integerAt("a.negative"), -5);
  EXPECT_EQ(*file->unsignedAt("a.huge"), UINT64_MAX);
  EXPECT_EQ(*file->floatAt("a.double"), 0.1);
  EXPECT_EQ(*file->integerAt("a.short"), -3);
  EXPECT_EQ(**file->textsAt("tokens"), (std::vector<std::string_view>{"a", "", "bc"}));
  EXPECT_EQ(*file->integersAt("types"), (std::vector<int64_t>{3, 1, -1}));
  EXPECT_EQ(*file->floatsAt("scores"), (std::vector<double>{0.5, -1}));
  EXPECT_TRUE(consistent(*file, bytes.data(), bytes.size()));
}

TEST(Gguf, GivesRowMajorShapesAndSpans) {
  Bytes bytes = samples::gguf();
  Result<Gguf> file = parse(bytes);
  ASSERT_TRUE(file.ok()) << file.status().message();
  const WeightTensor &weight = file->tensors()[1], &later = file->tensors()[2];
  EXPECT_EQ(weight.name, "weight");
  EXPECT_EQ(weight.format, StorageFormat::q4_1);
  EXPECT_EQ(weight.shape, (std::vector<int64_t>{3, 32}));
  EXPECT_EQ(weight.bytes, 60u);
  EXPECT_EQ(weight.data, bytes.data() + bytes.size() - 384 + 32);
  EXPECT_EQ(later.shape, (std::vector<int64_t>{2, 1, 256}));
  EXPECT_FALSE(isSupported(later.format));
}

TEST(Gguf, GettersNameTheFileTheKeyAndTheTypes) {
  Bytes bytes = samples::gguf();
  Result<Gguf> file = parse(bytes);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ(file->textAt("absent").status().code(), Code::not_found);
  EXPECT_EQ(file->textAt("absent").status().message(),
            "m.gguf: metadata key 'absent' is missing; use a file that carries it");
  EXPECT_EQ(file->textAt("types").status().message(),
            "m.gguf: metadata key 'types' is an array of i32, but a single value is expected");
  EXPECT_EQ(file->unsignedAt("a.negative").status().message(),
            "m.gguf: metadata key 'a.negative' is i64, but an integer that is not negative is expected");
  EXPECT_FALSE(file->integerAt("a.huge").ok());
  EXPECT_FALSE(file->floatAt("a.short").ok());
  EXPECT_FALSE(file->integersAt("scores").ok());
}

TEST(Gguf, SurvivesTruncationAtEveryByte) {
  truncateEverywhere(samples::gguf(), [](const std::byte *data, uint64_t size) {
    Result<Gguf> file = Gguf::parse(data, size, "m.gguf");
    // The last tensor ends at the data's byte 384, which is the end of the file.
    EXPECT_FALSE(file.ok()) << size;
  });
}

TEST(Gguf, SurvivesEveryChangedByte) {
  int refused = 0;
  changeEverywhere(samples::gguf(), [&](const std::byte *data, uint64_t size) {
    Result<Gguf> file = Gguf::parse(data, size, "m.gguf");
    refused += !file.ok();
    if (file.ok()) {
      EXPECT_TRUE(consistent(*file, data, size));
    }
  });
  EXPECT_GT(refused, 1000);
}

TEST(Gguf, RefusesCountsThatCannotFit) {
  GgufBuilder file;
  file.tensorCount = UINT64_MAX;
  expectFailure(file.finish(0), Code::corrupt, "more than it can hold");
  GgufBuilder other;
  other.entryCount = uint64_t{1} << 60;
  expectFailure(other.finish(0), Code::corrupt, "more than it can hold");
  for (GgufType type : {GgufType::u8, GgufType::u64, GgufType::text}) {
    GgufBuilder array;
    array.array<uint64_t>("key", type, {});
    Bytes bytes = array.finish(256);
    for (uint64_t count : {UINT64_MAX, uint64_t{1} << 61, uint64_t{1} << 32}) {
      std::memcpy(bytes.data() + 24 + 8 + 3 + 4 + 4, &count, 8);
      expectFailure(bytes, Code::corrupt, "in the middle of the value of key 'key'");
    }
  }
}

TEST(Gguf, RefusesSizesThatOverflow) {
  for (uint64_t extent : {uint64_t{1} << 62, uint64_t{1} << 63, UINT64_MAX}) {
    GgufBuilder file;
    file.tensor("w", {32, extent, 4}, 0, 0);
    expectFailure(file.finish(64), Code::corrupt, "tensor 'w'");
    GgufBuilder empty; // a dimension of zero must not hide the others
    empty.tensor("w", {extent, extent, 0}, 0, 0);
    expectFailure(empty.finish(64), Code::corrupt, "tensor 'w'");
    GgufBuilder far;
    far.tensor("w", {4}, 0, extent / 32 * 32);
    expectFailure(far.finish(64), Code::corrupt, "but the file has 64 bytes of data");
  }
}

TEST(Gguf, RefusesTensorsThatAreTwiceUnalignedOverlappingOrUneven) {
  GgufBuilder twice;
  twice.tensor("w", {4}, 0, 0);
  twice.tensor("w", {4}, 0, 32);
  expectFailure(twice.finish(64), Code::corrupt, "has tensor 'w' twice");
  GgufBuilder unaligned;
  unaligned.tensor("w", {4}, 0, 8);
  expectFailure(unaligned.finish(64), Code::corrupt, "not a multiple of 32");
  GgufBuilder overlapping;
  overlapping.tensor("v", {16}, 0, 0);
  overlapping.tensor("w", {4}, 0, 32);
  expectFailure(overlapping.finish(64), Code::corrupt, "tensor 'w' overlaps");
  GgufBuilder uneven;
  uneven.tensor("w", {33}, 8, 0);
  expectFailure(uneven.finish(64), Code::corrupt, "cannot be stored as q8_0");
  GgufBuilder rank;
  rank.tensor("w", {1, 1, 1, 1, 1}, 0, 0);
  expectFailure(rank.finish(64), Code::corrupt, "5 dimensions");
}

TEST(Gguf, RefusesKeysThatAreTwice) {
  GgufBuilder file;
  file.text("key", "a");
  file.text("key", "b");
  expectFailure(file.finish(0), Code::corrupt, "'key' twice");
}

TEST(Gguf, SaysWhatIsNotSupported) {
  GgufBuilder version;
  version.version = 1;
  expectFailure(version.finish(0), Code::unsupported, "GGUF version 1");
  version.version = 0x03000000;
  expectFailure(version.finish(0), Code::unsupported, "version 3 for big-endian machines");
  GgufBuilder type;
  type.tensor("w", {256}, 19, 0);
  expectFailure(type.finish(256), Code::unsupported, "ggml type 19");
  GgufBuilder nested;
  nested.array<uint64_t>("key", GgufType::array, {0});
  expectFailure(nested.finish(0), Code::unsupported, "array of arrays");
}

TEST(Gguf, HonoursItsAlignment) {
  GgufBuilder file;
  file.alignment = 256;
  file.scalar<uint32_t>("general.alignment", GgufType::u32, 256);
  file.tensor("v", {4}, 0, 0);
  file.tensor("w", {4}, 0, 256);
  Bytes bytes = file.finish(512);
  Result<Gguf> parsed = parse(bytes);
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  EXPECT_EQ(parsed->tensors()[1].data, bytes.data() + bytes.size() - 256);
  for (uint32_t wrong : {0u, 1u, 24u, 1u << 30}) {
    GgufBuilder other;
    other.scalar<uint32_t>("general.alignment", GgufType::u32, wrong);
    expectFailure(other.finish(0), Code::corrupt, "general.alignment");
  }
}
