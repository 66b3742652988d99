//===- Generalize.cpp - turn chains of named ops into attn.generic ---===//

#include "passes/Passes.h"

namespace attn {
#define GEN_PASS_DEF_GENERALIZE
#include "passes/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct Generalize : attn::impl::GeneralizeBase<Generalize> {
  void runOnOperation() override {}
};
} // namespace
