//===- Attention.h - one attention on the interpreted GPU, and what it should give -*- C++ -*-===//

#ifndef ATTN_TEST_UNIT_NVPTX_ATTENTION_H
#define ATTN_TEST_UNIT_NVPTX_ATTENTION_H

#include "runtime/ptx/Interpreter.h"

#include <cstdint>
#include <functional>
#include <optional>
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

/// A compiled kernel, and which argument of the function each of its own is.
struct CompiledKernel {
  std::string ptx, name;
  std::vector<std::string> arguments;
  int64_t threads, sharedBytes, tileRows;
  struct Map {
    std::string argument;
    std::vector<int64_t> box;
    uint32_t swizzle;
  };
  std::vector<Map> maps;
};

/// Compiles it for its target. Nothing after a failure, which is reported to the running test.
std::optional<CompiledKernel> compileKernel(const Attention &attention);

/// Runs `kernel` on data of its own, early and late: what the interpreter finds, or else where the result differs most
/// from the definition, if it does by more than it may. Of `launch` only what is checked and the limit are used.
Status runKernel(const CompiledKernel &kernel, const Attention &attention, ptx::Launch launch = {});

/// Compiles and runs. Failures are reported to the running test.
void checkAttention(const Attention &attention);

} // namespace attn

#endif // ATTN_TEST_UNIT_NVPTX_ATTENTION_H
