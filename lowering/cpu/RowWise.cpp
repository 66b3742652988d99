//===- RowWise.cpp - lower row-wise kernels to vector loops ---===//

#include "lowering/Passes.h"

namespace attn {
#define GEN_PASS_DEF_CPUROWWISE
#include "lowering/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct CpuRowWise : attn::impl::CpuRowWiseBase<CpuRowWise> {
  void runOnOperation() override {}
};
} // namespace
