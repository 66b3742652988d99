//===- Reference.cpp - lower kernels to the plain loops that their definitions say ---===//

#include "lowering/Passes.h"

namespace attn {
#define GEN_PASS_DEF_REFERENCELOWERING
#include "lowering/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct ReferenceLowering : attn::impl::ReferenceLoweringBase<ReferenceLowering> {
  void runOnOperation() override {}
};
} // namespace
