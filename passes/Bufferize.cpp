//===- Bufferize.cpp - turn the graph of launches from tensors to memrefs ---===//

#include "passes/Passes.h"

namespace attn {
#define GEN_PASS_DEF_BUFFERIZE
#include "passes/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct Bufferize : attn::impl::BufferizeBase<Bufferize> {
  void runOnOperation() override {}
};
} // namespace
