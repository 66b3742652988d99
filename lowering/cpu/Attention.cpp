//===- Attention.cpp - lower sweeps, and weights in place of their outputs, to vector code ---===//

#include "lowering/ExpandMath.h"
#include "lowering/Handles.h"
#include "lowering/Passes.h"
#include "lowering/cpu/AttentionTask.h"
#include "lowering/cpu/KernelBody.h"
#include "lowering/cpu/VectorRegions.h"
#include "lowering/cpu/WeightsTask.h"
#include "passes/KeyHeads.h"
#include "passes/TargetOption.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"

namespace attn {
#define GEN_PASS_DEF_CPUATTENTION
#include "lowering/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct CpuAttention : attn::impl::CpuAttentionBase<CpuAttention> {
  using CpuAttentionBase::CpuAttentionBase;
  void runOnOperation() override;
};
} // namespace

/// What is left of the tile ops' surroundings: sizes, and loads of captures by sequence.
static void lowerScalars(tile::KernelOp kernel, const Target &target) {
  for (Operation &op : llvm::make_early_inc_range(kernel.getBody().front())) {
    VectorBuilder b(&op, target);
    Value replacement;
    if (auto size = dyn_cast<tile::SizeOp>(op))
      replacement = memref::DimOp::create(b, size.getSource(), size.getDimension());
    else if (auto load = dyn_cast<LoadOp>(op))
      replacement = loadClamped(b, load.getCapture(), load.getIndices());
    else
      continue;
    op.getResult(0).replaceAllUsesWith(replacement);
    op.erase();
  }
}

static LogicalResult lowerSweep(tile::KernelOp kernel, const Target &target) {
  FailureOr<AttentionSweep> sweep = AttentionSweep::match(kernel);
  if (failed(sweep))
    return failure();
  Type weights = sweep->weightType();
  bool inPairs = weights.isBF16() && sweep->value.getType().getElementType().isBF16();
  if (!weights.isF32() && !(inPairs && target.avx512bf16))
    return sweep->normalize.emitOpError()
           << "expects weights of f32, or of bf16 with values of bf16 on a CPU with avx512_bf16, but got " << weights
           << "; plan the kernel for the target it is lowered for";
  VectorBuilder b(kernel.getBody().front().getTerminator(), target);
  LogicalResult result = kernel.getPlan()->getForm() == "decode" ? emitDecode(b, *sweep) : emitPrefill(b, *sweep);
  if (failed(result))
    return failure();
  // Uses stand after definitions: backwards, everything is unused when it goes.
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(kernel.getBody().front())))
    if (isa<tile::TileDialect>(op.getDialect()) && !isa<tile::ReturnOp, tile::SizeOp>(op))
      op.erase();
  return success();
}

//===----------------------------------------------------------------------===//
// Weights in place of the output
//===----------------------------------------------------------------------===//

/// Sequences × key heads × tiles of positions; a task of a mean has all heads.
static LogicalResult addGrid(tile::KernelOp kernel, GenericOp generic) {
  auto query = dyn_cast<BlockArgument>(generic.getQueries()[0]);
  if (!query || query.getOwner() != &kernel.getBody().front())
    return generic.emitOpError() << "expects its queries to be an argument of the kernel";
  int64_t keyHeads = taskHeads(generic), group = headsOf(query) / keyHeads;
  std::string at = std::to_string(query.getArgNumber());
  SmallVector<std::string, 3> grid{"dim(" + at + ",0)"};
  if (generic.getWeights() == WeightsOf::heads)
    grid.push_back(std::to_string(keyHeads));
  grid.push_back("ceildiv(dim(" + at + ",1), " + std::to_string(kernel.getPlan()->getRows() / group) + ")");
  Builder b(kernel.getContext());
  kernel.setGridAttr(b.getStrArrayAttr(SmallVector<StringRef, 3>(grid.begin(), grid.end())));
  for (size_t dimension = 0; dimension < grid.size(); ++dimension)
    kernel.getBody().addArgument(b.getIndexType(), kernel.getLoc());
  return success();
}

static LogicalResult lowerWeights(tile::KernelOp kernel, GenericOp generic, const Target &target) {
  if (failed(addGrid(kernel, generic)) || failed(lowerArgumentTypes(kernel)))
    return failure();
  auto indices = kernel.getGridIndices();
  VectorBuilder b(generic, target);
  SequenceScalars sequence = emitSequenceScalars(b, generic, indices[0]);
  PairRegions regions;
  if (failed(copyRegions(b, generic, sequence, regions)))
    return failure();
  Value head = indices.size() == 3 ? Value(indices[1]) : Value();
  WeightsTask task(b, generic, regions, sequence, *kernel.getPlan(), indices[0]);
  if (failed(task.emit(head, indices.back())))
    return failure();
  Operation *sequences = generic.getSequences() ? generic.getSequences().getDefiningOp() : nullptr;
  generic.erase();
  if (sequences && sequences->use_empty())
    sequences->erase();
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

void CpuAttention::runOnOperation() {
  FailureOr<Target> machine = parseTargetOption(getOperation(), target);
  if (failed(machine))
    return signalPassFailure();
  SmallVector<tile::KernelOp> sweeps;
  SmallVector<std::pair<tile::KernelOp, GenericOp>> weights;
  getOperation().walk([&](Operation *op) {
    auto kernel = dyn_cast_or_null<tile::KernelOp>(op->getParentOp());
    if (kernel && isa<tile::SweepOp>(op))
      sweeps.push_back(kernel);
    else if (auto generic = dyn_cast<GenericOp>(op); generic && kernel && kernel.getPlan() && generic.getWeights())
      weights.push_back({kernel, generic});
  });
  auto finish = [&](tile::KernelOp kernel) {
    lowerScalars(kernel, *machine);
    return expandMath(kernel);
  };
  for (tile::KernelOp kernel : sweeps) {
    lowerHandles(kernel);
    if (failed(lowerSweep(kernel, *machine)) || failed(finish(kernel)))
      return signalPassFailure();
  }
  for (auto [kernel, generic] : weights)
    if (failed(lowerWeights(kernel, generic, *machine)) || failed(finish(kernel)))
      return signalPassFailure();
}
