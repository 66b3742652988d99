//===- Samples.h - small valid files, built in memory -*- C++ -*-===//
//
// What the unit tests and the fuzz drivers start from: bytes of a GGUF, safetensors, npy or zip file that the readers
// accept, with as many kinds of content as fit, and a builder of GGUF files for tests that need a special one.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_FILES_SAMPLES_H
#define ATTN_TEST_UNIT_FILES_SAMPLES_H

#include "runtime/files/Gguf.h"
#include "runtime/files/Npy.h"
#include "runtime/files/Zip.h"

#include <cstring>

namespace attn::samples {

using Bytes = std::vector<std::byte>;

template <typename T> void put(Bytes &bytes, T value) {
  const std::byte *begin = reinterpret_cast<const std::byte *>(&value);
  bytes.insert(bytes.end(), begin, begin + sizeof(T));
}

inline void putRaw(Bytes &bytes, std::string_view text) {
  const std::byte *begin = reinterpret_cast<const std::byte *>(text.data());
  bytes.insert(bytes.end(), begin, begin + text.size());
}

/// Builds a GGUF file, entry by entry. What it is told is written as it is, wrong or right.
class GgufBuilder {
public:
  void text(std::string_view key, std::string_view value) {
    begin(key, GgufType::text);
    putText(entries_, value);
  }
  template <typename T> void scalar(std::string_view key, GgufType type, T value) {
    begin(key, type);
    put<T>(entries_, value);
  }
  void texts(std::string_view key, const std::vector<std::string> &values) {
    beginArray(key, GgufType::text, values.size());
    for (const std::string &value : values)
      putText(entries_, value);
  }
  template <typename T> void array(std::string_view key, GgufType type, const std::vector<T> &values) {
    beginArray(key, type, values.size());
    for (T value : values)
      put<T>(entries_, value);
  }
  /// |extents| with the fastest dimension first, as in the file.
  void tensor(std::string_view name, const std::vector<uint64_t> &extents, uint32_t type, uint64_t offset) {
    ++tensorCount;
    putText(tensors_, name);
    put<uint32_t>(tensors_, static_cast<uint32_t>(extents.size()));
    for (uint64_t extent : extents)
      put<uint64_t>(tensors_, extent);
    put<uint32_t>(tensors_, type);
    put<uint64_t>(tensors_, offset);
  }

  Bytes finish(uint64_t dataBytes) const {
    Bytes bytes;
    putRaw(bytes, "GGUF");
    put<uint32_t>(bytes, version);
    put<uint64_t>(bytes, tensorCount);
    put<uint64_t>(bytes, entryCount);
    bytes.insert(bytes.end(), entries_.begin(), entries_.end());
    bytes.insert(bytes.end(), tensors_.begin(), tensors_.end());
    bytes.resize((bytes.size() + alignment - 1) / alignment * alignment);
    for (uint64_t i = 0; i < dataBytes; ++i)
      bytes.push_back(static_cast<std::byte>(i * 7));
    return bytes;
  }

  uint32_t version = 3;
  uint64_t alignment = 32;
  uint64_t tensorCount = 0, entryCount = 0; ///< public, so that a test can lie about them

private:
  static void putText(Bytes &bytes, std::string_view text) {
    put<uint64_t>(bytes, text.size());
    putRaw(bytes, text);
  }
  void begin(std::string_view key, GgufType type) {
    ++entryCount;
    putText(entries_, key);
    put<uint32_t>(entries_, static_cast<uint32_t>(type));
  }
  void beginArray(std::string_view key, GgufType type, uint64_t count) {
    begin(key, GgufType::array);
    put<uint32_t>(entries_, static_cast<uint32_t>(type));
    put<uint64_t>(entries_, count);
  }

  Bytes entries_, tensors_;
};

inline Bytes gguf() {
  GgufBuilder file;
  file.text("general.architecture", "llama");
  file.scalar<uint32_t>("llama.block_count", GgufType::u32, 2);
  file.scalar<float>("llama.rope.freq_base", GgufType::f32, 1e5f);
  file.scalar<uint8_t>("tokenizer.ggml.add_bos_token", GgufType::boolean, 0);
  file.scalar<int64_t>("a.negative", GgufType::i64, -5);
  file.scalar<uint64_t>("a.huge", GgufType::u64, UINT64_MAX);
  file.scalar<double>("a.double", GgufType::f64, 0.1);
  file.scalar<int16_t>("a.short", GgufType::i16, -3);
  file.texts("tokens", {"a", "", "bc"});
  file.array<int32_t>("types", GgufType::i32, {3, 1, -1});
  file.array<float>("scores", GgufType::f32, {0.5f, -1});
  file.tensor("norm", {4}, 0, 0);            // f32: 16 bytes
  file.tensor("weight", {32, 3}, 3, 32);     // q4_1: 60 bytes
  file.tensor("later", {256, 1, 2}, 12, 96); // q4_K: 288 bytes
  return file.finish(384);
}

inline Bytes safetensors(const std::string &header, uint64_t dataBytes) {
  Bytes bytes;
  put<uint64_t>(bytes, header.size());
  putRaw(bytes, header);
  for (uint64_t i = 0; i < dataBytes; ++i)
    bytes.push_back(static_cast<std::byte>(i));
  return bytes;
}

inline Bytes safetensors() {
  return safetensors(R"({"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[2,3],"data_offsets":[8,20]},)"
                     R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                     R"("e":{"dtype":"I64","shape":[0,7],"data_offsets":[20,20]}}  )",
                     20);
}

inline Bytes npy() {
  const float values[6] = {1, 2, 3, 4, 5, 6};
  return encodeNpy(NpyType::f32, {2, 3}, values);
}

inline Bytes zip() {
  ZipWriter writer;
  std::string program = "{\"format\": 1}", object = "\x7f"
                                                    "ELF and more";
  Status first = writer.add("program.json", program.data(), program.size());
  Status second = writer.add("cpu.so", object.data(), object.size(), 128);
  Status third = writer.add("empty", nullptr, 0);
  return first.ok() && second.ok() && third.ok() ? *writer.finish() : Bytes();
}

} // namespace attn::samples

#endif // ATTN_TEST_UNIT_FILES_SAMPLES_H
