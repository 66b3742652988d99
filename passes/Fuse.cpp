//===- Fuse.cpp - join what feeds and follows attention and linear layers ---===//

#include "passes/Passes.h"

namespace attn {
#define GEN_PASS_DEF_FUSE
#include "passes/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct Fuse : attn::impl::FuseBase<Fuse> {
  void runOnOperation() override {}
};
} // namespace
