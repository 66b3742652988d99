//===- HandMade.h - a program for the runtime, made without the compiler -*- C++ -*-===//
//
// program.json and the kernels of kernels.c, packed as an artefact; a test may change the text first.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_RUNTIME_HANDMADE_H
#define ATTN_TEST_UNIT_RUNTIME_HANDMADE_H

#include "runtime/Session.h"
#include "runtime/files/Zip.h"

#include <cstring>
#include <fstream>
#include <sstream>

namespace attn {

inline std::string readWhole(const char *path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Replaces the first |from| in |text|, which has to be there.
inline std::string replaced(std::string text, const std::string &from, const std::string &to) {
  size_t at = text.find(from);
  if (at == std::string::npos)
    std::abort();
  return text.replace(at, from.size(), to);
}

inline std::string handMadeJson() {
#if defined(__x86_64__)
  return replaced(readWhole(TEST_PROGRAM), "@ARCHITECTURE@", "x86_64");
#else
  return replaced(readWhole(TEST_PROGRAM), "@ARCHITECTURE@", "aarch64");
#endif
}

inline std::vector<std::byte> pack(const std::string &json, const std::string &object) {
  ZipWriter writer;
  float constants[19] = {};
  constants[16] = 1, constants[17] = 2, constants[18] = 3; // at offset 64
  bool added = writer.add("program.json", json.data(), json.size()).ok() &&
               writer.add("cpu.so", object.data(), object.size(), ATTN_OBJECT_ALIGNMENT).ok() &&
               writer.add("constants.bin", constants, sizeof constants).ok();
  Result<std::vector<std::byte>> bytes = writer.finish();
  if (!added || !bytes)
    std::abort();
  return std::move(*bytes);
}

inline std::vector<std::byte> handMade(const std::string &json) { return pack(json, readWhole(TEST_KERNELS)); }
inline std::vector<std::byte> handMade() { return handMade(handMadeJson()); }

inline Result<std::unique_ptr<Artifact>> openBytes(const std::vector<std::byte> &bytes) {
  return Artifact::fromBytes(bytes.data(), bytes.size(), "test.attn");
}

inline Result<std::unique_ptr<Session>> openSession(const std::string &json, const SessionOptions &options = {},
                                                    int threads = 2) {
  ATTN_ASSIGN_OR_RETURN(artifact, openBytes(handMade(json)));
  ATTN_ASSIGN_OR_RETURN(device, makeDevice("cpu", threads));
  return Session::create(std::move(device), std::move(artifact), WeightSource::random(1), options);
}

inline attn_tensor_t tensorOf(std::vector<float> &data, std::vector<int64_t> shape) {
  return attn_tensor(data.data(), ATTN_F32, static_cast<int32_t>(shape.size()), shape.data());
}

inline attn_tensor_t tensorOf(std::vector<int32_t> &data, std::vector<int64_t> shape) {
  return attn_tensor(data.data(), ATTN_I32, static_cast<int32_t>(shape.size()), shape.data());
}

} // namespace attn

/// Whether |status| failed with that code and a message that has |text| in it.
#define EXPECT_FAILS(status, expected, text)                                                                           \
  do {                                                                                                                 \
    const ::attn::Status failed_ = (status);                                                                           \
    EXPECT_EQ(static_cast<int>(failed_.code()), static_cast<int>(expected)) << failed_.message();                      \
    EXPECT_NE(failed_.message().find(text), std::string::npos) << failed_.message();                                   \
  } while (false)

#endif // ATTN_TEST_UNIT_RUNTIME_HANDMADE_H
