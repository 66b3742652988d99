//===- Plan.cpp - choose implementations, tile sizes and forms for a target ---===//

#include "passes/Plan.h"

#include "passes/AttentionRoles.h"
#include "passes/Carried.h"
#include "passes/Passes.h"
#include "passes/TargetOption.h"

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

/// The kernel stays as a record that has no code for the target, and says why.
static void leaveOut(tile::KernelOp kernel, const Obstacle &obstacle) {
  std::string why = ("'" + obstacle.op->getName().getStringRef() + "' op " + obstacle.why).str();
  kernel->setAttr(leftOutAttr, StringAttr::get(kernel.getContext(), why));
  Block &body = kernel.getBody().front();
  while (Operation *last = body.getTerminator()->getPrevNode())
    last->erase();
}

/// The planner of the kernel's one compute piece.
static LogicalResult planPiece(tile::KernelOp kernel, const Target &target) {
  for (Operation &op : kernel.getBody().front()) {
    if (isa<GenericOp>(op)) {
      planAttention(kernel, target);
      return success();
    }
  }
  bool readsWeights =
      llvm::any_of(kernel.getKernelArguments(), [](Value argument) { return isa<nn::WeightType>(argument.getType()); });
  if (!kernel.getBody().getOps<nn::GenericOp>().empty() && !readsWeights)
    return planLoops(kernel, target);
  return readsWeights ? planContract(kernel, target) : planRowWise(kernel, target);
}

/// Of a twin, whose weights nobody waits for, the implementation that serves all sizes is enough.
static void dropChoices(ModuleOp module, StringAttr twin) {
  for (auto kernel : llvm::make_early_inc_range(module.getOps<tile::KernelOp>()))
    if (kernel.getImplementsAttr() == twin && kernel.getWhen())
      kernel.erase();
}

void Plan::runOnOperation() {
  FailureOr<Target> machine = parseTargetOption(getOperation(), target);
  if (failed(machine))
    return signalPassFailure();
  SmallVector<tile::KernelOp> kernels(getOperation().getOps<tile::KernelOp>());
  for (tile::KernelOp kernel : kernels) {
    if (kernel.getPlan() || kernel.getGrid()) // Planned already: plain loops are.
      continue;
    std::optional<Obstacle> obstacle = findObstacle(kernel, *machine);
    bool isTwin = kernel->hasAttr(twinOfAttr);
    if (isTwin && (obstacle || !machine->isCpu())) { // Nobody looks into the memory of a GPU.
      kernel.erase();
      continue;
    }
    if (obstacle && partial) {
      leaveOut(kernel, *obstacle);
      continue;
    }
    if (obstacle)
      obstacle->op->emitOpError() << obstacle->why;
    StringAttr name = kernel.getSymNameAttr();
    if (obstacle || failed(planPiece(kernel, *machine)))
      return signalPassFailure();
    if (isTwin)
      dropChoices(getOperation(), name);
  }
}
