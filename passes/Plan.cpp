//===- Plan.cpp - choose implementations, tile sizes and forms for a target ---===//

#include "passes/Passes.h"

namespace attn {
#define GEN_PASS_DEF_PLAN
#include "passes/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct Plan : attn::impl::PlanBase<Plan> {
  using PlanBase::PlanBase;
  void runOnOperation() override {}
};
} // namespace
