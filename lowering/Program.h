//===- Program.h - the compiled graph as program.json -*- C++ -*-===//

#ifndef ATTN_LOWERING_PROGRAM_H
#define ATTN_LOWERING_PROGRAM_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

namespace attn {

struct Target;

/// Describes a module whose functions are launches on memrefs and whose kernels are lowered, in the format of
/// runtime/artifact.h. Errors are emitted on the op that cannot be described.
mlir::FailureOr<llvm::json::Object> describeProgram(mlir::ModuleOp module, llvm::ArrayRef<Target> targets);

} // namespace attn

#endif // ATTN_LOWERING_PROGRAM_H
