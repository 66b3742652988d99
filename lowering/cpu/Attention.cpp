//===- Attention.cpp - lower sweeps to vector code, queries or features in lanes ---===//

#include "lowering/Handles.h"
#include "lowering/Passes.h"
#include "lowering/cpu/AttentionTask.h"
#include "lowering/cpu/KernelBody.h"
#include "lowering/cpu/VectorRegions.h"
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

static LogicalResult lowerKernel(tile::KernelOp kernel, const Target &target) {
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

void CpuAttention::runOnOperation() {
  FailureOr<Target> machine = parseTargetOption(getOperation(), target);
  if (failed(machine))
    return signalPassFailure();
  SmallVector<tile::KernelOp> kernels;
  getOperation().walk([&](tile::SweepOp sweep) { kernels.push_back(sweep->getParentOfType<tile::KernelOp>()); });
  for (tile::KernelOp kernel : kernels) {
    lowerHandles(kernel);
    if (failed(lowerKernel(kernel, *machine)))
      return signalPassFailure();
    lowerScalars(kernel, *machine);
    if (failed(expandMath(kernel)))
      return signalPassFailure();
  }
}
