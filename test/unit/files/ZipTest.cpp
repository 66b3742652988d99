//===- ZipTest.cpp - archives, right and wrong ----------------------------===//

#include "test/unit/files/Consistency.h"
#include "test/unit/files/Damage.h"
#include "test/unit/files/Samples.h"

#include <algorithm>
#include <cstdlib>
#include <gtest/gtest.h>

using namespace attn;
using samples::Bytes;

static Result<ZipReader> parse(const Bytes &bytes) { return ZipReader::open(bytes.data(), bytes.size(), "a.attn"); }

static void expectFailure(const Bytes &bytes, Code code, const std::string &part) {
  Result<ZipReader> archive = parse(bytes);
  ASSERT_FALSE(archive.ok());
  EXPECT_EQ(archive.status().code(), code) << archive.status().message();
  EXPECT_NE(archive.status().message().find(part), std::string::npos) << archive.status().message();
}

/// Where |part| begins for the |nth| time.
static size_t positionOf(const Bytes &bytes, std::string_view part, int nth) {
  std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  size_t at = text.find(part);
  for (; nth > 0; --nth)
    at = text.find(part, at + 1);
  return at;
}

static constexpr std::string_view local_record("PK\x03\x04"), central_record("PK\x01\x02");

/// Two entries, `a` and `b`, of four bytes each.
static Bytes twoEntries() {
  ZipWriter writer;
  EXPECT_TRUE(writer.add("a", "aaaa", 4).ok());
  EXPECT_TRUE(writer.add("b", "bbbb", 4).ok());
  return *writer.finish();
}

TEST(Zip, ChecksumIsTheStandardOne) {
  std::string text = "123456789";
  EXPECT_EQ(crc32(reinterpret_cast<const std::byte *>(text.data()), text.size()), 0xcbf43926u);
  EXPECT_EQ(crc32(nullptr, 0), 0u);
}

TEST(Zip, ReadsWhatItWritesWhereItLies) {
  Bytes bytes = samples::zip();
  Result<ZipReader> archive = parse(bytes);
  ASSERT_TRUE(archive.ok()) << archive.status().message();
  ASSERT_EQ(archive->entries().size(), 3u);
  const ZipEntry *program = archive->find("program.json");
  ASSERT_NE(program, nullptr);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char *>(program->data), program->size), "{\"format\": 1}");
  EXPECT_EQ(archive->find("empty")->size, 0u);
  EXPECT_EQ(archive->find("absent"), nullptr);
  EXPECT_TRUE(consistent(*archive, bytes.data(), bytes.size()));
}

TEST(Zip, AlignsEntriesWhateverTheLengthOfNames) {
  for (size_t nameLength = 1; nameLength < 140; ++nameLength)
    for (uint64_t alignment : {1, 2, 4, 8, 64, 4096, 16384}) {
      ZipWriter writer;
      std::string name(nameLength, 'n'), content(nameLength, 'c');
      ASSERT_TRUE(writer.add(name, content.data(), content.size(), alignment).ok());
      ASSERT_TRUE(writer.add("second", content.data(), content.size()).ok());
      Bytes bytes = *writer.finish();
      Result<ZipReader> archive = parse(bytes);
      ASSERT_TRUE(archive.ok()) << archive.status().message();
      EXPECT_EQ(static_cast<uint64_t>(archive->find(name)->data - bytes.data()) % alignment, 0u);
      EXPECT_EQ((archive->find("second")->data - bytes.data()) % 64, 0);
    }
}

TEST(Zip, AnEmptyArchiveIsOne) {
  ZipWriter writer;
  Bytes bytes = *writer.finish();
  Result<ZipReader> archive = parse(bytes);
  ASSERT_TRUE(archive.ok()) << archive.status().message();
  EXPECT_TRUE(archive->entries().empty());
}

TEST(Zip, TheWriterRefusesWhatItCannotWrite) {
  ZipWriter writer;
  EXPECT_TRUE(writer.add("a", "x", 1).ok());
  EXPECT_EQ(writer.add("a", "x", 1).code(), Code::invalid_argument);
  EXPECT_EQ(writer.add("", "x", 1).code(), Code::invalid_argument);
  EXPECT_EQ(writer.add("b", "x", 1, 48).code(), Code::invalid_argument);
  EXPECT_EQ(writer.add("b", "x", 1, 32768).code(), Code::invalid_argument);
  EXPECT_EQ(writer.add("b", "x", uint64_t{1} << 32).code(), Code::out_of_range);
  EXPECT_TRUE(writer.finish().ok());
  EXPECT_EQ(writer.add("c", "x", 1).code(), Code::invalid_argument);
  EXPECT_FALSE(writer.finish().ok());
}

TEST(Zip, PythonReadsIt) {
  Bytes bytes = samples::zip();
  std::string path = testing::TempDir() + "attn-zip-test.zip";
  ASSERT_TRUE(writeFile(path, bytes.data(), bytes.size()).ok());
  std::string command =
      "python3 -c \"import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); sys.exit(z.testzip() is not "
      "None or z.read('program.json') != b'{\\\"format\\\": 1}')\" '" +
      path + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::remove(path.c_str());
}

TEST(Zip, SurvivesTruncationAtEveryByte) {
  truncateEverywhere(samples::zip(), [](const std::byte *data, uint64_t size) {
    EXPECT_FALSE(ZipReader::open(data, size, "a.attn").ok()) << size;
  });
}

TEST(Zip, RefusesEveryChangedByte) {
  Bytes file = samples::zip();
  changeEverywhere(file, [&](const std::byte *data, uint64_t size) {
    EXPECT_FALSE(ZipReader::open(data, size, "a.attn").ok())
        << "byte " << std::mismatch(file.begin(), file.end(), data).first - file.begin();
  });
}

TEST(Zip, RefusesPaddingOfAnotherLengthOrContent) {
  Bytes bytes = twoEntries(), longer = bytes;
  size_t padding = positionOf(bytes, local_record, 0) + 31; // behind the name `a`
  bytes[padding + 10] = std::byte{1};
  expectFailure(bytes, Code::corrupt, "'a' has an extra field that does not align it");
  uint16_t alignment = 128;
  std::memcpy(longer.data() + padding + 4, &alignment, 2);
  expectFailure(longer, Code::corrupt, "'a' has an extra field that does not align it");
}

TEST(Zip, RefusesBytesBetweenEntries) {
  Bytes bytes = twoEntries();
  size_t second = positionOf(bytes, local_record, 1), central = positionOf(bytes, central_record, 1);
  // The second entry 64 bytes later, where its padding is right again.
  bytes.insert(bytes.begin() + static_cast<int64_t>(second), 64, std::byte{0});
  uint32_t header = static_cast<uint32_t>(second + 64), directory;
  std::memcpy(bytes.data() + central + 64 + 42, &header, 4);
  std::memcpy(&directory, bytes.data() + bytes.size() - 6, 4);
  directory += 64;
  std::memcpy(bytes.data() + bytes.size() - 6, &directory, 4);
  expectFailure(bytes, Code::corrupt, "'b' does not begin where the entry before it ends");
}

TEST(Zip, NoticesEveryChangedByteOfContent) {
  Bytes bytes = twoEntries();
  for (int i = 0; i < 4; ++i) {
    Bytes changed = bytes;
    changed[positionOf(bytes, "bbbb", 0) + i] ^= std::byte{1};
    expectFailure(changed, Code::corrupt, "'b' does not have the checksum");
  }
}

TEST(Zip, RefusesNamesThatAreTwice) {
  Bytes bytes = twoEntries();
  bytes[positionOf(bytes, local_record, 1) + 30] = std::byte{'a'};
  bytes[positionOf(bytes, central_record, 1) + 46] = std::byte{'a'};
  expectFailure(bytes, Code::corrupt, "'a' is there twice");
}

TEST(Zip, RefusesAnEntryWithinAnother) {
  ZipWriter inner, outer;
  ASSERT_TRUE(inner.add("b", "bbbb", 4, 1).ok());
  Bytes content = *inner.finish();
  ASSERT_TRUE(outer.add("a", content.data(), content.size(), 1).ok());
  ASSERT_TRUE(outer.add("b", "bbbb", 4, 1).ok());
  Bytes bytes = *outer.finish();
  ASSERT_TRUE(parse(bytes).ok());
  // The record of `b` (the third central one: the inner archive has its own) points at the header in the bytes of `a`,
  // which agrees with it.
  uint32_t header = static_cast<uint32_t>(positionOf(bytes, local_record, 1));
  std::memcpy(bytes.data() + positionOf(bytes, central_record, 2) + 42, &header, 4);
  expectFailure(bytes, Code::corrupt, "'b' does not begin where the entry before it ends");
}

TEST(Zip, RefusesARecordThatPointsAtAnotherEntry) {
  Bytes bytes = twoEntries();
  // The second central record points at the first local header, and says the same as it.
  size_t first = positionOf(bytes, central_record, 0), second = positionOf(bytes, central_record, 1);
  std::memcpy(bytes.data() + second, bytes.data() + first, 46);
  expectFailure(bytes, Code::corrupt, "contradicts the central directory");
  bytes[second + 46] = std::byte{'a'};
  expectFailure(bytes, Code::corrupt, "twice");
}

TEST(Zip, RefusesHeadersThatDisagreeOrReachOutside) {
  Bytes bytes = twoEntries();
  size_t central = positionOf(bytes, central_record, 0);
  auto with = [&](size_t offset, uint32_t value) {
    Bytes changed = bytes;
    std::memcpy(changed.data() + central + offset, &value, 4);
    return changed;
  };
  expectFailure(with(16, 0), Code::corrupt, "contradicts");          // checksum
  expectFailure(with(24, 5), Code::corrupt, "its two sizes differ"); // size, but not the packed one
  expectFailure(with(42, 0x7fffffff), Code::corrupt, "outside");     // offset of the local header
  expectFailure(with(42, 1), Code::corrupt, "'a'");
}

TEST(Zip, SaysWhatIsNotSupported) {
  Bytes bytes = twoEntries();
  size_t central = positionOf(bytes, central_record, 0);
  Bytes compressed = bytes, encrypted = bytes, zip64 = bytes, later = bytes;
  compressed[central + 10] = std::byte{8};
  expectFailure(compressed, Code::unsupported, "'a' is compressed; store it");
  encrypted[central + 8] |= std::byte{1};
  expectFailure(encrypted, Code::unsupported, "'a' is encrypted");
  later[central + 8] |= std::byte{8};
  expectFailure(later, Code::unsupported, "beyond stored files");
  std::memset(zip64.data() + zip64.size() - 14, 0xff, 4);
  expectFailure(zip64, Code::unsupported, "zip64");
}
