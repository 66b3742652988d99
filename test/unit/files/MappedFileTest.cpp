//===- MappedFileTest.cpp - mapping, durable writing, weights by name -----===//

#include "runtime/files/MappedFile.h"

#include "runtime/files/WeightFile.h"
#include "test/unit/files/Samples.h"

#include <cstdlib>
#include <dirent.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace attn;

namespace {

/// A folder of its own for each test, removed with what is in it.
class Files : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "attn-files-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override {
    for (const std::string &name : names())
      ::unlink((folder_ + "/" + name).c_str());
    ::rmdir(folder_.c_str());
  }

  std::string path(const char *name) const { return folder_ + "/" + name; }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    DIR *folder = ::opendir(folder_.c_str());
    while (dirent *entry = ::readdir(folder))
      if (entry->d_name[0] != '.')
        result.push_back(entry->d_name);
    ::closedir(folder);
    return result;
  }
  void write(const std::string &path, const samples::Bytes &bytes) {
    Status status = writeFile(path, bytes.data(), bytes.size());
    ASSERT_TRUE(status.ok()) << status.message();
  }

  std::string folder_;
};

} // namespace

static std::string textOf(const MappedFile &file) {
  return std::string(reinterpret_cast<const char *>(file.data()), file.size());
}

TEST_F(Files, ReadsWhatWasWrittenAndLeavesNothingBeside) {
  ASSERT_TRUE(writeFile(path("a"), "first", 5).ok());
  Result<MappedFile> old = MappedFile::open(path("a"));
  ASSERT_TRUE(old.ok()) << old.status().message();
  ASSERT_TRUE(writeFile(path("a"), "second one", 10).ok());
  Result<MappedFile> file = MappedFile::open(path("a"));
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ(textOf(*file), "second one");
  EXPECT_EQ(textOf(*old), "first"); // replaced, not rewritten
  EXPECT_EQ(names().size(), 1u);
}

TEST_F(Files, MovesWithoutMovingTheBytes) {
  ASSERT_TRUE(writeFile(path("a"), "bytes", 5).ok());
  Result<MappedFile> file = MappedFile::open(path("a"));
  ASSERT_TRUE(file.ok()) << file.status().message();
  const std::byte *data = file->data();
  MappedFile moved = std::move(*file);
  EXPECT_EQ(moved.data(), data);
  EXPECT_EQ(moved.name(), path("a"));
  EXPECT_EQ(file->data(), nullptr);
}

TEST_F(Files, AnEmptyFileHasNoBytes) {
  ASSERT_TRUE(writeFile(path("a"), nullptr, 0).ok());
  Result<MappedFile> file = MappedFile::open(path("a"));
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ(file->size(), 0u);
}

TEST_F(Files, SaysWhichFileAndWhy) {
  Status absent = MappedFile::open(path("absent")).status();
  EXPECT_EQ(absent.code(), Code::not_found);
  EXPECT_EQ(absent.message(), path("absent") + ": cannot open it for reading: No such file or directory");
  EXPECT_EQ(MappedFile::open(folder_).status().code(), Code::io);
  EXPECT_EQ(writeFile(folder_, "x", 1).message(), folder_ + ": is a directory; name a file in it");
  EXPECT_EQ(writeFile(path("absent/a"), "x", 1).code(), Code::not_found);
}

TEST_F(Files, AFullDiskIsAnErrorThatSaysSo) {
  if (::access("/dev/full", W_OK) != 0)
    GTEST_SKIP() << "there is no /dev/full on this machine";
  Status status = writeFile("/dev/full", "x", 1);
  EXPECT_EQ(status.code(), Code::io);
  EXPECT_NE(status.message().find("No space left on device; free some disk space"), std::string::npos)
      << status.message();
  struct stat facts;
  ASSERT_EQ(::stat("/dev/full", &facts), 0);
  EXPECT_TRUE(S_ISCHR(facts.st_mode)); // still the device
}

TEST_F(Files, WritesThroughALink) {
  ASSERT_TRUE(writeFile(path("target"), "old", 3).ok());
  ASSERT_EQ(::symlink(path("target").c_str(), path("link").c_str()), 0);
  ASSERT_TRUE(writeFile(path("link"), "new", 3).ok());
  EXPECT_EQ(textOf(*MappedFile::open(path("target"))), "new");
  struct stat facts;
  ASSERT_EQ(::lstat(path("link").c_str(), &facts), 0);
  EXPECT_TRUE(S_ISLNK(facts.st_mode));
}

TEST_F(Files, WeightsComeFromEitherFormat) {
  write(path("m.gguf"), samples::gguf());
  write(path("m.safetensors"), samples::safetensors());
  Result<std::unique_ptr<WeightFile>> gguf = WeightFile::open(path("m.gguf"));
  ASSERT_TRUE(gguf.ok()) << gguf.status().message();
  ASSERT_NE((*gguf)->metadata(), nullptr);
  EXPECT_EQ(*(*gguf)->metadata()->textAt("general.architecture"), "llama");
  ASSERT_NE((*gguf)->find("weight"), nullptr);
  EXPECT_EQ((*gguf)->find("weight")->format, StorageFormat::q4_1);
  EXPECT_EQ((*gguf)->find("absent"), nullptr);
  Result<std::unique_ptr<WeightFile>> tensors = WeightFile::open(path("m.safetensors"));
  ASSERT_TRUE(tensors.ok()) << tensors.status().message();
  EXPECT_EQ((*tensors)->metadata(), nullptr);
  EXPECT_EQ((*tensors)->tensors().size(), 3u);
  ASSERT_NE((*tensors)->find("b"), nullptr);
}

TEST_F(Files, OtherFilesAreNoWeights) {
  ASSERT_TRUE(writeFile(path("a"), "neither of them", 15).ok());
  Status status = WeightFile::open(path("a")).status();
  EXPECT_EQ(status.code(), Code::unsupported);
  EXPECT_NE(status.message().find("neither a GGUF nor a safetensors file"), std::string::npos);
  for (uint64_t size = 0; size <= 8; ++size) { // What is cut that short says no more of what it was.
    ASSERT_TRUE(writeFile(path("b"), size < 5 ? "GGUF" : "12345678", size).ok());
    EXPECT_EQ(WeightFile::open(path("b")).status().code(), Code::corrupt) << size;
  }
}

TEST_F(Files, ArraysStayMapped) {
  const float values[3] = {1, 2, 3};
  ASSERT_TRUE(writeNpy(path("a.npy"), NpyType::f32, {3}, values).ok());
  Result<NpyFile> file = NpyFile::open(path("a.npy"));
  ASSERT_TRUE(file.ok()) << file.status().message();
  NpyFile moved = std::move(*file);
  EXPECT_EQ(std::memcmp(moved.array().data, values, sizeof values), 0);
}

TEST(RealModel, EveryTensorOfSmolLM2IsFound) {
  const char *path = std::getenv("ATTN_SMOLLM2_GGUF");
  if (!path)
    GTEST_SKIP() << "set ATTN_SMOLLM2_GGUF to the path of SmolLM2-135M-Instruct.Q4_1.gguf to run this test";
  Result<std::unique_ptr<WeightFile>> file = WeightFile::open(path);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ((*file)->tensors().size(), 272u);
  const WeightTensor *embedding = (*file)->find("token_embd.weight"), *down = (*file)->find("blk.29.ffn_down.weight");
  ASSERT_TRUE(embedding && down);
  EXPECT_EQ(embedding->format, StorageFormat::q8_0);
  EXPECT_EQ(embedding->shape, (std::vector<int64_t>{49152, 576}));
  EXPECT_EQ(down->format, StorageFormat::q4_1);
  EXPECT_EQ(down->shape, (std::vector<int64_t>{576, 1536}));
  EXPECT_EQ(*(*file)->metadata()->unsignedAt("llama.block_count"), 30u);
}
