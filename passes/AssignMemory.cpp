//===- AssignMemory.cpp - find the lifetimes of temporaries ---===//

#include "passes/Passes.h"

namespace attn {
#define GEN_PASS_DEF_ASSIGNMEMORY
#include "passes/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct AssignMemory : attn::impl::AssignMemoryBase<AssignMemory> {
  void runOnOperation() override {}
};
} // namespace
