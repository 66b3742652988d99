//===- Program.h - the compiled graph as program.json -*- C++ -*-===//

#ifndef ATTN_LOWERING_PROGRAM_H
#define ATTN_LOWERING_PROGRAM_H

#include "dialect/tile/Tile.h"
#include "passes/Target.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

namespace attn {

/// The program as it is for one target: functions are launches on memrefs, kernels are lowered or left out. Modules of
/// one program differ in kernels only.
struct LoweredTarget {
  Target target;
  mlir::ModuleOp module;

  auto kernels() const { return mlir::ModuleOp(module).getOps<tile::KernelOp>(); }
};

/// Describes a program in the format of runtime/artifact.h: functions once, of each kernel the implementations of all
/// targets, in the order of `targets`. Errors are emitted on the op that cannot be described.
mlir::FailureOr<llvm::json::Object> describeProgram(llvm::ArrayRef<LoweredTarget> targets);

} // namespace attn

#endif // ATTN_LOWERING_PROGRAM_H
