//===- Samples.h - what a fuzz target starts from -*- C++ -*-===//
//
// Each target defines its valid inputs, for the driver to damage, and calls `require` for each promise of the reader it
// hands them to.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_FUZZ_SAMPLES_H
#define ATTN_TEST_FUZZ_SAMPLES_H

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

/// Valid inputs of the target in this executable; never empty.
std::vector<std::vector<uint8_t>> fuzzSamples();

inline std::vector<uint8_t> fuzzBytes(const std::vector<std::byte> &bytes) {
  const uint8_t *begin = reinterpret_cast<const uint8_t *>(bytes.data());
  return std::vector<uint8_t>(begin, begin + bytes.size());
}

inline std::vector<uint8_t> fuzzBytes(const std::string &text) {
  return std::vector<uint8_t>(text.begin(), text.end());
}

/// Ends the process with a signal, as fuzzers expect, unless |promise| holds.
inline void require(bool promise, const char *what) {
  if (promise)
    return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

#endif // ATTN_TEST_FUZZ_SAMPLES_H
