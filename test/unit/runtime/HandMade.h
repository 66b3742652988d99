//===- HandMade.h - a program for the runtime, made without the compiler -*- C++ -*-===//
//
// program.json and the kernels of kernels.c, packed as an artefact; a test may change the text first.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_RUNTIME_HANDMADE_H
#define ATTN_TEST_UNIT_RUNTIME_HANDMADE_H

#include "runtime/Session.h"
#include "test/unit/HandPacked.h"

#include <cstdio>
#include <cstring>

namespace attn {

inline std::string handMadeJson() {
#if defined(__x86_64__)
  return replaced(readWhole(TEST_PROGRAM), "@ARCHITECTURE@", "x86_64");
#else
  return replaced(readWhole(TEST_PROGRAM), "@ARCHITECTURE@", "aarch64");
#endif
}

/// |object| as it would be compiled with |json|.
inline std::string compiledWith(const std::string &json, const std::string &object) {
  char digits[ATTN_DIGEST_DIGITS + 1];
  std::snprintf(digits, sizeof digits, "%016llx",
                static_cast<unsigned long long>(attn_digest(json.data(), json.size())));
  return replaced(object, ATTN_DIGEST_PREFIX "0000000000000000", ATTN_DIGEST_PREFIX + std::string(digits));
}

inline std::vector<std::byte> pack(const std::string &json, const std::string &object) {
  float constants[19] = {};
  constants[16] = 1, constants[17] = 2, constants[18] = 3; // at offset 64
  return packEntries({{"program.json", json},
                      {"cpu.so", object, ATTN_OBJECT_ALIGNMENT},
                      {"constants.bin", std::string(reinterpret_cast<const char *>(constants), sizeof constants)}});
}

inline std::vector<std::byte> handMade(const std::string &json) {
  return pack(json, compiledWith(json, readWhole(TEST_KERNELS)));
}
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

#endif // ATTN_TEST_UNIT_RUNTIME_HANDMADE_H
