//===- Ptx.h - entries become PTX, in this process -*- C++ -*-===//

#ifndef ATTN_LOWERING_NVPTX_PTX_H
#define ATTN_LOWERING_NVPTX_PTX_H

#include "passes/Target.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/Module.h"

namespace attn {

/// Translates a GPU's functions (`module @sm_80`) to LLVM IR, optimised; null after an error.
std::unique_ptr<llvm::Module> translateForNvptx(mlir::ModuleOp functions, const Target &target,
                                                llvm::LLVMContext &context);

/// The text of LLVM's NVPTX back end.
mlir::FailureOr<std::string> emitPtx(llvm::Module &module, const Target &target, mlir::Location location);

} // namespace attn

#endif // ATTN_LOWERING_NVPTX_PTX_H
