//===- VerifyProgram.h - what is wrong with a program as it was read -*- C++ -*-===//

#ifndef ATTN_LOWERING_VERIFYPROGRAM_H
#define ATTN_LOWERING_VERIFYPROGRAM_H

#include "mlir/IR/BuiltinOps.h"

namespace attn {

/// Verifies each op and emits an error for each that is wrong, in one run.
llvm::LogicalResult verifyProgram(mlir::ModuleOp module);

/// Errors for arguments and results of public functions that no caller can give or take.
llvm::LogicalResult verifySignatures(mlir::ModuleOp module);

} // namespace attn

#endif // ATTN_LOWERING_VERIFYPROGRAM_H
