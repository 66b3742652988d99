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

/// The planner of the kernel's one compute piece. A kernel with a grid is planned already: plain loops are.
static LogicalResult planKernel(tile::KernelOp kernel, const Target &target, ArrayRef<std::string> formats) {
  if (kernel.getPlan() || kernel.getGrid())
    return success();
  for (Operation &op : kernel.getBody().front())
    if (isa<GenericOp>(op))
      return planAttention(kernel, target);
  bool readsWeights = llvm::any_of(kernel.getKernelArguments(), [](Value argument) { return isa<nn::WeightType>(argument.getType()); });
  return readsWeights ? planContract(kernel, target, formats) : planRowWise(kernel, target);
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
    if (failed(planKernel(kernel, *machine, formats)))
      return signalPassFailure();
}
