//===- Sm90.cpp - kernels become entries of sm_90a ---===//

#include "lowering/Passes.h"
#include "lowering/nvptx/Sm90Sweep.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

namespace attn {
#define GEN_PASS_DEF_NVPTXSM90
#include "lowering/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct NvptxSm90 : attn::impl::NvptxSm90Base<NvptxSm90> {
  void runOnOperation() override;
};
} // namespace

void NvptxSm90::runOnOperation() {
  SweepLowering lowering{*Target::parse("sm_90a"), findSm90TensorMaps, emitSm90Sweep};
  if (failed(lowerKernelsToEntries(getOperation(), lowering)))
    signalPassFailure();
}
