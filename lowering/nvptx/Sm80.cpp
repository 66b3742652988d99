//===- Sm80.cpp - kernels become entries of sm_80 ---===//

#include "lowering/Passes.h"
#include "lowering/nvptx/Sm80Sweep.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

namespace attn {
#define GEN_PASS_DEF_NVPTXSM80
#include "lowering/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct NvptxSm80 : attn::impl::NvptxSm80Base<NvptxSm80> {
  void runOnOperation() override;
};
} // namespace

void NvptxSm80::runOnOperation() {
  SweepLowering lowering{*Target::parse("sm_80"), [](AttentionSweep &) { return SmallVector<tile::TensorMapAttr>(); },
                         emitSm80Sweep};
  if (failed(lowerKernelsToEntries(getOperation(), lowering)))
    signalPassFailure();
}
