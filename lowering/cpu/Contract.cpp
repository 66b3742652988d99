//===- Contract.cpp - lower linear layers to vector code, one implementation for each storage format ---===//

#include "lowering/Passes.h"

namespace attn {
#define GEN_PASS_DEF_CPUCONTRACT
#include "lowering/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct CpuContract : attn::impl::CpuContractBase<CpuContract> {
  void runOnOperation() override {}
};
} // namespace
