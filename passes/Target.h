//===- Target.h - the machine's numbers, and nothing else has numbers -*- C++ -*-===//
//
// One struct says all that planning and lowering know about a machine. It is made from an item of `--target`: `cpu`
// is the machine that compiles, `cpu:avx2+fma` a baseline x86-64 plus features and what these imply, `sm_80` or
// `sm_90a` a GPU.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_TARGET_H
#define ATTN_PASSES_TARGET_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>
#include <vector>

namespace attn {

struct Target {
  enum class Device { cpu, cuda };

  Device device = Device::cpu;
  /// The text that it was made from.
  std::string name;

  // CPU. ---------------------------------------------------------------------

  /// Width of the widest vector registers that are used, in bits, and how many there are.
  unsigned vectorBits = 128;
  unsigned vectorRegisters = 16;
  bool sse41 = false, avx2 = false, fma = false, f16c = false;
  bool avx512f = false, avx512bw = false, avx512dq = false, avx512vl = false;
  bool avx512bf16 = false, avx512vnni = false;
  /// Data caches of a core, in bytes.
  int64_t l1Bytes = 32 * 1024, l2Bytes = 512 * 1024;
  /// The features that code may use, named as in /proc/cpuinfo, closed under implication: what an artefact records.
  std::vector<std::string> features;

  // CUDA. --------------------------------------------------------------------

  /// `sm_80`, `sm_90a`; empty for a CPU.
  std::string architecture;
  /// Shared memory that a block may have.
  int64_t sharedBytes = 0;

  /// Floats of 32 bits in a vector register.
  unsigned lanes() const { return vectorBits / 32; }
  bool isCpu() const { return device == Device::cpu; }
  /// The nested module that lowering puts a target's functions into: `cpu`, or the architecture.
  mlir::StringRef functionsModule() const { return isCpu() ? mlir::StringRef("cpu") : mlir::StringRef(architecture); }
  /// Where its code lies in an artefact (runtime/artifact.h).
  std::string entry() const { return isCpu() ? "cpu.so" : "cuda/" + architecture + ".ptx"; }
  /// The features for LLVM's code generation: "+avx2,+fma,…"; the CPU name that they are added to is `x86-64`.
  std::string llvmFeatures() const;
  static constexpr const char *llvmCpu = "x86-64";
  static constexpr const char *triple = "x86_64-unknown-linux-gnu";

  /// Reads one target; on failure `why`, where given, gets a sentence.
  static mlir::FailureOr<Target> parse(mlir::StringRef text, std::string *why = nullptr);

  /// Reads the text of `--target`, T[,T…]: at most one CPU, each architecture once. The CPU comes first, then newer
  /// architectures before older ones: of the code that a GPU runs, the first is the best.
  static mlir::FailureOr<std::vector<Target>> parseList(mlir::StringRef text, std::string *why = nullptr);
};

} // namespace attn

#endif // ATTN_PASSES_TARGET_H
