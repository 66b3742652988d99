//===- Plan.cpp - choose implementations, tile sizes and forms for a target ---===//

#include "passes/Plan.h"

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
  void runOnOperation() override;
};
} // namespace

/// The planner of the kernel's one compute piece.
static LogicalResult planKernel(tile::KernelOp kernel, const Target &target) {
  for (Operation &op : kernel.getBody().front()) {
    if (isa<GenericOp>(op))
      return planAttention(kernel, target);
  }
  return success();
}

void Plan::runOnOperation() {
  std::string why;
  FailureOr<Target> machine = Target::parse(target, &why);
  if (failed(machine)) {
    getOperation().emitError() << why;
    return signalPassFailure();
  }
  SmallVector<tile::KernelOp> kernels(getOperation().getOps<tile::KernelOp>());
  for (tile::KernelOp kernel : kernels)
    if (!kernel.getPlan() && failed(planKernel(kernel, *machine)))
      return signalPassFailure();
}
