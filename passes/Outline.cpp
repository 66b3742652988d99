//===- Outline.cpp - make every compute piece a kernel ---===//

#include "passes/Passes.h"

namespace attn {
#define GEN_PASS_DEF_OUTLINE
#include "passes/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct Outline : attn::impl::OutlineBase<Outline> {
  void runOnOperation() override {}
};
} // namespace
