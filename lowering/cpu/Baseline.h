//===- Baseline.h - instructions that an old processor lacks -*- C++ -*-===//

#ifndef ATTN_LOWERING_CPU_BASELINE_H
#define ATTN_LOWERING_CPU_BASELINE_H

#include "llvm/IR/Module.h"

namespace attn {

struct Target;

/// Replaces intrinsics that would become calls of the C library on `target`: a product and sum with one rounding where
/// there is no FMA becomes one with two, rounding where there is no SSE 4.1 conversions and comparisons, a conversion
/// of f16 where there is no F16C arithmetic on its bits.
void expandMissingInstructions(llvm::Module &module, const Target &target);

} // namespace attn

#endif // ATTN_LOWERING_CPU_BASELINE_H
