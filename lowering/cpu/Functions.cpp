//===- Functions.cpp - turn lowered kernels into functions of the kernel interface ---===//

#include "lowering/Passes.h"

namespace attn {
#define GEN_PASS_DEF_CPUFUNCTIONS
#include "lowering/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct CpuFunctions : attn::impl::CpuFunctionsBase<CpuFunctions> {
  void runOnOperation() override {}
};
} // namespace
