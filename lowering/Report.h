//===- Report.h - what became of each kernel on each target -*- C++ -*-===//

#ifndef ATTN_LOWERING_REPORT_H
#define ATTN_LOWERING_REPORT_H

#include "lowering/Program.h"

namespace attn {

/// Prints the table of --report to standard error: one line an implementation, the reason under what is not fused or
/// left out.
void printReport(llvm::ArrayRef<LoweredTarget> targets);

/// An error on each kernel that is not fused: what --require-fused asks.
mlir::LogicalResult checkFused(llvm::ArrayRef<LoweredTarget> targets);

/// An error on each kernel that is left out of every target, and for each target that carries no kernel at all.
mlir::LogicalResult checkCarried(llvm::ArrayRef<LoweredTarget> targets);

} // namespace attn

#endif // ATTN_LOWERING_REPORT_H
