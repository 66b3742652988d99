//===- VerifyProgram.h - what is wrong with a program as it was read -*- C++ -*-===//

#ifndef ATTN_LOWERING_VERIFYPROGRAM_H
#define ATTN_LOWERING_VERIFYPROGRAM_H

#include "mlir/IR/BuiltinOps.h"

namespace attn {

/// Verifies each op and emits an error for each that is wrong, in one run.
llvm::LogicalResult verifyProgram(mlir::ModuleOp module);

} // namespace attn

#endif // ATTN_LOWERING_VERIFYPROGRAM_H
