//===- Compile.h - from a parsed module to IR text, code or an artefact -*- C++ -*-===//

#ifndef ATTN_LOWERING_COMPILE_H
#define ATTN_LOWERING_COMPILE_H

#include "lowering/Storage.h"
#include "passes/Pipelines.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/Timing.h"
#include "llvm/Support/raw_ostream.h"

namespace attn {

/// What is written.
enum class Emit { mlir, llvm, assembly, ptx, artifact };

/// `target` and `partial` of the pipelines follow from `targets`.
struct CompileOptions : PipelineOptions {
  /// The text of --target: T[,T…]. Several targets share one artefact.
  std::string targets = "cpu";
  Emit emit = Emit::mlir;
  /// The weights that the program will be run with: code for their formats only, after checking them. Null: for any.
  const StoredWeights *weights = nullptr;
  /// A table of kernels goes to standard error.
  bool report = false;
  /// A kernel that is not fused is an error.
  bool requireFused = false;
};

/// How it ended; the values are exit codes of attn-opt.
enum class Outcome { done = 0, failed = 1, misused = 2, unsupported = 3 };

/// A sentence on options that do not go together or name no target; empty where they do.
std::string findMisuse(const CompileOptions &options);

/// Compiles `module` and writes the result to `output`. Errors are emitted as diagnostics: `misused` for options that
/// do not go together, `failed` for a program that contradicts itself, `unsupported` for a well-formed one that the
/// lowerings of no target carry.
Outcome compile(mlir::ModuleOp module, const CompileOptions &options, mlir::TimingScope &timing,
                llvm::raw_ostream &output);

} // namespace attn

#endif // ATTN_LOWERING_COMPILE_H
