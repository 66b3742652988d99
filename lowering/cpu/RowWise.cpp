//===- RowWise.cpp - row-wise kernels to vector loops ---===//
//
//     tile.kernel @k … plan <rows = R> { ops on tensors }
//   →
//     for row in task's rows: for op in ops: for features in vectors: …; store the results
//
// The ops themselves are in RowWiseRows.cpp, RowWiseFeatures.cpp, RowWiseGather.cpp and RowWisePositions.cpp.
//
//===----------------------------------------------------------------------===//

#include "lowering/Passes.h"
#include "lowering/cpu/KernelBody.h"
#include "lowering/cpu/RowWiseRows.h"
#include "passes/PlanContract.h"
#include "passes/TargetOption.h"
#include "runtime/artifact.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"

namespace attn {
#define GEN_PASS_DEF_CPUROWWISE
#include "lowering/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

static bool isRowWiseKernel(tile::KernelOp kernel) {
  return kernel.getGrid() && !kernel.getBody().front().getOps<RowWiseOpInterface>().empty();
}

static LogicalResult lower(tile::KernelOp kernel, const Target &target) {
  if (!kernel.getPlan())
    return kernel.emitOpError("expects a plan; run attn-plan first");
  FailureOr<RowSpace> rows = rowSpaceOf(kernel);
  if (failed(rows) || failed(lowerArgumentTypes(kernel)))
    return failure();
  Block &body = kernel.getBody().front();
  SmallVector<Operation *> ops;
  SmallVector<bufferization::MaterializeInDestinationOp> results;
  bool canFail = false;
  for (Operation &op : body) {
    ops.push_back(&op);
    if (auto result = dyn_cast<bufferization::MaterializeInDestinationOp>(op))
      results.push_back(result);
    canFail |= isa<nn::EmbedOp, nn::AddPositionsOp>(op);
  }
  ops.pop_back(); // the return

  ImplicitLocOpBuilder b(kernel.getLoc(), kernel.getContext());
  b.setInsertionPointToStart(&body);
  RowCode rowCode(b, target, rows->rank, results);
  for (Operation *op : ops)
    rowCode.reserve(op);

  // Task x of the innermost dimension has the rows x·R … x·R + R − 1, those that exist, of all dimensions that are cut.
  Value step = arith::ConstantIndexOp::create(b, kernel.getPlan()->getRows());
  Value begin = arith::MulIOp::create(b, kernel.getGridIndices().back(), step);
  SmallVector<Value> cut = sizesOf(b, kernel.getBody().getArgument(rows->argument), rows->firstCut(), rows->rank);
  Value end = arith::MinSIOp::create(b, arith::AddIOp::create(b, begin, step), countPlaces(b, cut));
  SmallVector<Value> inits;
  if (canFail)
    inits.push_back(arith::ConstantIntOp::create(b, ATTN_KERNEL_OK, 32));
  bool carried = true;
  SmallVector<Value> codes = makeLoop(b, begin, end, 1, inits, [&](Value row, ValueRange code) -> SmallVector<Value> {
    SmallVector<Value> indices(kernel.getGridIndices().drop_back());
    indices.append(indicesOf(b, row, cut));
    if (canFail)
      rowCode.code = code.front();
    for (Operation *op : ops)
      carried = carried && succeeded(rowCode.emit(op, indices));
    if (!carried)
      return SmallVector<Value>(code);
    rowCode.store();
    return canFail ? SmallVector<Value>{rowCode.code} : SmallVector<Value>{};
  });
  if (!carried)
    return failure();
  body.getTerminator()->setOperands(codes);
  for (Operation *op : llvm::reverse(ops)) {
    op->dropAllUses();
    op->erase();
  }
  return success();
}

namespace {
struct CpuRowWise : attn::impl::CpuRowWiseBase<CpuRowWise> {
  using CpuRowWiseBase::CpuRowWiseBase;

  void runOnOperation() override {
    FailureOr<Target> machine = parseTargetOption(getOperation(), target);
    if (failed(machine))
      return signalPassFailure();
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      if (isRowWiseKernel(kernel) && failed(lower(kernel, *machine)))
        return signalPassFailure();
  }
};
} // namespace
