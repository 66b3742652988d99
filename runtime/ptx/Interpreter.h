//===- Interpreter.h - runs a PTX kernel on the CPU -*- C++ -*-===//
//
// The interface of this folder:
//
//   auto module = ptx::parse(text, "kernel.ptx");
//   ptx::Memory memory;
//   memory.registerHost(x.data(), bytes, "x", /*writable=*/true);
//   ptx::Launch launch;
//   launch.grid[0] = 16;
//   launch.block[0] = 128;
//   launch.params = ...;             // laid out as module->find("kernel")->parameters say
//   auto statistics = ptx::runBoth(*module, "kernel", launch, memory);
//
// A launch executes its asynchronous operations in one of two ways, and a correct kernel cannot tell them apart:
// `early`, as soon as they are issued, and `late`, when the last thing that orders them is waited for. `runBoth` does
// both from the same memory and compares what they wrote, bit for bit. Every finding is a status of code `device` whose
// message has the PTX line and its text.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PTX_INTERPRETER_H
#define ATTN_RUNTIME_PTX_INTERPRETER_H

#include "runtime/Status.h"
#include "runtime/ptx/Memory.h"
#include "runtime/ptx/Parser.h"
#include "runtime/ptx/Ptx.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace attn::ptx {

enum class Mode : uint8_t { early, late };

struct Launch {
  uint32_t grid[3] = {1, 1, 1};
  uint32_t block[3] = {1, 1, 1};
  uint32_t cluster = 1; ///< blocks in a cluster; only 1 is carried
  uint32_t dynamicSharedBytes = 0;
  std::vector<std::byte> params;
  /// Report races on shared memory, reads of bytes nobody wrote and missing proxy fences. Costs time.
  bool checkShared = true;
  /// A block that executes more warp instructions than this is taken for one that never ends.
  uint64_t instructionLimit = 200'000'000;
};

struct Statistics {
  uint64_t warpInstructions[familyCount] = {};
  uint64_t blocks = 0;
  uint64_t total() const;
};

/// Runs every block of the grid, one after the other.
Result<Statistics> run(const Module &module, const std::string &kernel, const Launch &launch, Memory &memory,
                       Mode mode);

/// Runs early and late from the same memory, and reports the first byte in which they differ. Afterwards the memory
/// holds what the late run wrote; the statistics are of the early one. The late run does not check shared memory
/// again: the findings do not depend on when the operations happen.
Result<Statistics> runBoth(const Module &module, const std::string &kernel, const Launch &launch, Memory &memory);

} // namespace attn::ptx

#endif // ATTN_RUNTIME_PTX_INTERPRETER_H
