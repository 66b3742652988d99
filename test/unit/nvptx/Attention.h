//===- Attention.h - one attention on the interpreted GPU, and what it should give -*- C++ -*-===//

#ifndef ATTN_TEST_UNIT_NVPTX_ATTENTION_H
#define ATTN_TEST_UNIT_NVPTX_ATTENTION_H

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace attn {

/// A variant by its text, its sizes, and its definition.
struct Attention {
  std::string scores;    ///< ops from %s0 to %s
  std::string arguments; ///< further arguments of the function, each behind a comma
  std::string sequences; ///< ops that define %at, or empty
  std::string target = "sm_80";
  std::string type = "bf16";
  int64_t batch = 1, rows, keys, heads = 1, keyHeads = 1, width = 64;
  int64_t paddedWidth = 0; ///< distance of rows in memory, if not the width
  float magnitude = 1;     ///< of queries: how far apart scores are
  /// Per sequence; empty: all rows from position 0, all keys.
  std::vector<int32_t> lengths, start;
  std::vector<std::pair<std::string, int32_t>> scalars;
  /// The definition, in f64: what becomes of a score, and whether the pair is admitted.
  std::function<double(double s, int64_t h, int64_t i, int64_t j)> score;
  std::function<bool(int64_t i, int64_t j)> admits;
};

/// Compiles it for its target and returns the PTX; empty after a failure, which is reported to the running test.
std::string compileToPtx(const Attention &attention);

/// Compiles, runs early and late, and compares with the definition. Failures are reported to the running test.
void checkAttention(const Attention &attention);

} // namespace attn

#endif // ATTN_TEST_UNIT_NVPTX_ATTENTION_H
