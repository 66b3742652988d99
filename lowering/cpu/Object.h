//===- Object.h - functions become machine code, in this process -*- C++ -*-===//

#ifndef ATTN_LOWERING_CPU_OBJECT_H
#define ATTN_LOWERING_CPU_OBJECT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/Module.h"

#include <memory>

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace attn {

struct Target;

/// Appends the passes that take `module @cpu` from vector, scf, memref and arith to the LLVM dialect.
void buildToLLVM(mlir::OpPassManager &pipeline);

/// `module @cpu` in the LLVM dialect as an optimised LLVM module for `target`. Errors are emitted on the module.
std::unique_ptr<llvm::Module> translateForCpu(mlir::ModuleOp functions, const Target &target,
                                              llvm::LLVMContext &context);

/// Assembly text of an optimised module.
mlir::FailureOr<std::string> emitAssembly(llvm::Module &module, const Target &target, mlir::Location location);

/// A shared object without dependencies, linked in this process.
mlir::FailureOr<llvm::SmallVector<char, 0>> emitSharedObject(llvm::Module &module, const Target &target,
                                                             mlir::Location location);

} // namespace attn

#endif // ATTN_LOWERING_CPU_OBJECT_H
