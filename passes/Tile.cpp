//===- Tile.cpp - turn attn.generic into sweeps over key ranges ---===//

#include "passes/Passes.h"

namespace attn {
#define GEN_PASS_DEF_TILE
#include "passes/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct Tile : attn::impl::TileBase<Tile> {
  void runOnOperation() override {}
};
} // namespace
