//===- Compile.h - from a parsed module to IR text, code or an artefact -*- C++ -*-===//

#ifndef ATTN_LOWERING_COMPILE_H
#define ATTN_LOWERING_COMPILE_H

#include "passes/Pipelines.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/Timing.h"
#include "llvm/Support/raw_ostream.h"

namespace attn {

/// What is written.
enum class Emit { mlir, llvm, assembly, ptx, artifact };

struct CompileOptions : PipelineOptions {
  Emit emit = Emit::mlir;
  /// A table of kernels goes to standard error.
  bool report = false;
  /// A kernel that is not fused is an error.
  bool requireFused = false;
};

/// How it ended; the values are exit codes of attn-opt.
enum class Outcome { done = 0, failed = 1, unsupported = 3 };

/// Compiles `module` and writes the result to `output`. Errors are emitted as diagnostics: `failed` for a program that
/// contradicts itself, `unsupported` for a well-formed one that the target's lowerings cannot carry.
Outcome compile(mlir::ModuleOp module, const CompileOptions &options, mlir::TimingScope &timing, llvm::raw_ostream &output);

} // namespace attn

#endif // ATTN_LOWERING_COMPILE_H
