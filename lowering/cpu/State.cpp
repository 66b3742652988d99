//===- State.cpp - lower attention with linear weights chunk by chunk ---===//

#include "lowering/ExpandMath.h"
#include "lowering/Handles.h"
#include "lowering/Passes.h"
#include "lowering/cpu/KernelBody.h"
#include "lowering/cpu/StateTask.h"
#include "passes/KeyHeads.h"
#include "passes/PlanState.h"
#include "passes/TargetOption.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace attn {
#define GEN_PASS_DEF_CPUSTATE
#include "lowering/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct CpuState : attn::impl::CpuStateBase<CpuState> {
  using CpuStateBase::CpuStateBase;
  void runOnOperation() override;
};
} // namespace

/// A task a sequence and key head, and in quadratic form a chunk of queries; packed rows have one sequence more, of the
/// rows past the last offset.
static LogicalResult addGrid(tile::KernelOp kernel, GenericOp generic) {
  Value counted = generic.getQueries()[0];
  if (auto packed = generic.getSequences() ? generic.getSequences().getDefiningOp<PackedOp>() : PackedOp())
    counted = packed.getQueryOffsets();
  auto argument = dyn_cast<BlockArgument>(counted);
  if (!argument || argument.getOwner() != &kernel.getBody().front())
    return generic.emitOpError() << "expects its queries and offsets to be arguments of the kernel";
  Builder b(kernel.getContext());
  SmallVector<std::string, 3> grid{"dim(" + std::to_string(argument.getArgNumber()) + ",0)",
                                   std::to_string(taskHeads(generic))};
  if (kernel.getPlan()->getForm() == "quadratic" && !needsState(generic)) {
    // Chunks of queries, which need not begin where a chunk does: one more than their number.
    Value query = generic.getQueries()[0];
    std::string dimension = dataShape(query.getType()).size() == 4 ? ",1)" : ",0)";
    std::string rows = "dim(" + std::to_string(cast<BlockArgument>(query).getArgNumber()) + dimension;
    grid.push_back("ceildiv(" + rows + ", " + std::to_string(kernel.getPlan()->getKeys()) + ") + 1");
  }
  SmallVector<StringRef, 3> expressions(grid.begin(), grid.end());
  kernel.setGridAttr(b.getStrArrayAttr(expressions));
  for (size_t dimension = 0; dimension < grid.size(); ++dimension)
    kernel.getBody().addArgument(b.getIndexType(), kernel.getLoc());
  return success();
}

static LogicalResult lowerKernel(tile::KernelOp kernel, GenericOp generic, const Target &target) {
  bool isQuadratic = kernel.getPlan()->getForm() == "quadratic";
  bool hasPairsAlone = isQuadratic && !needsState(generic);
  if (std::string obstacle = findStateObstacle(generic); !hasPairsAlone && !obstacle.empty())
    return generic.emitOpError() << obstacle << "; plan the kernel for the target it is lowered for";
  lowerHandles(kernel);
  if (failed(addGrid(kernel, generic)) || failed(lowerArgumentTypes(kernel)))
    return failure();
  VectorBuilder b(generic, target);
  auto indices = kernel.getGridIndices();
  StateTask task(b, generic, kernel.getPlan()->getKeys(), indices[0], indices[1]);
  if (failed(indices.size() == 3 ? task.emitTile(indices[2]) : task.emit(isQuadratic)))
    return failure();
  Operation *sequences = generic.getSequences() ? generic.getSequences().getDefiningOp() : nullptr;
  generic.erase();
  if (sequences && sequences->use_empty())
    sequences->erase();
  for (auto size : llvm::make_early_inc_range(kernel.getBody().front().getOps<tile::SizeOp>())) {
    OpBuilder at(size);
    Value extent = memref::DimOp::create(at, size.getLoc(), size.getSource(), size.getDimension());
    size.replaceAllUsesWith(extent);
    size.erase();
  }
  return expandMath(kernel);
}

void CpuState::runOnOperation() {
  FailureOr<Target> machine = parseTargetOption(getOperation(), target);
  if (failed(machine))
    return signalPassFailure();
  SmallVector<std::pair<tile::KernelOp, GenericOp>> work;
  getOperation().walk([&](GenericOp generic) {
    if (auto kernel = dyn_cast<tile::KernelOp>(generic->getParentOp());
        kernel && kernel.getPlan() && isChunkForm(kernel.getPlan()->getForm()))
      work.push_back({kernel, generic});
  });
  for (auto [kernel, generic] : work)
    if (failed(lowerKernel(kernel, generic, *machine)))
      return signalPassFailure();
}
