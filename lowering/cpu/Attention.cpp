//===- Attention.cpp - lower sweeps to vector code, queries or features in lanes ---===//

#include "lowering/Passes.h"

namespace attn {
#define GEN_PASS_DEF_CPUATTENTION
#include "lowering/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct CpuAttention : attn::impl::CpuAttentionBase<CpuAttention> {
  void runOnOperation() override {}
};
} // namespace
