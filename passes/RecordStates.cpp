//===- RecordStates.cpp - by which argument does a cache grow ---===//
//
// The runtime keeps the lengths of caches. What a call adds to them is the query lengths of the sequences at which it
// appends; this pass finds the function argument that holds them and writes its name on the cache argument.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"

namespace attn {
#define GEN_PASS_DEF_RECORDSTATES
#include "passes/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

/// The function argument behind a cache or tensor, through slices of repeats; null if there is none.
static BlockArgument functionArgument(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument)
    return nullptr;
  Operation *parent = argument.getOwner()->getParentOp();
  if (isa<func::FuncOp>(parent))
    return argument;
  if (auto repeat = dyn_cast<nn::RepeatOp>(parent)) {
    unsigned place = argument.getArgNumber(), carried = repeat.getCarried().size();
    if (place >= carried)
      return functionArgument(repeat.getSliced()[place - carried]);
  }
  return nullptr;
}

static LogicalResult record(AppendOp append) {
  BlockArgument cache = functionArgument(append.getCache());
  if (!cache)
    return append.emitOpError("expects its cache to be an argument of the function, or a slice of one");
  auto padded = append.getSequences().getDefiningOp<PaddedOp>();
  BlockArgument lengths = padded && padded.getQueryLengths() ? functionArgument(padded.getQueryLengths()) : nullptr;
  if (!lengths)
    return append.emitOpError("expects the query lengths of its sequences to be an argument of the function, by which the cache "
                              "grows; write attn.padded queries(%lengths : tensor<?xi32>)");
  auto function = cast<func::FuncOp>(cache.getOwner()->getParentOp());
  auto name = function.getArgAttrOfType<StringAttr>(lengths.getArgNumber(), "nn.name");
  if (!name)
    return append.emitOpError() << "expects `nn.name` on argument " << lengths.getArgNumber() << ", which holds the query lengths";
  auto known = function.getArgAttrOfType<StringAttr>(cache.getArgNumber(), "nn.advance");
  if (known && known != name)
    return append.emitOpError() << "grows a cache by '" << name.strref() << "' that another append grows by '" << known.strref() << "'";
  function.setArgAttr(cache.getArgNumber(), "nn.advance", name);
  return success();
}

namespace {
struct RecordStates : attn::impl::RecordStatesBase<RecordStates> {
  void runOnOperation() override {
    WalkResult result = getOperation().walk([](AppendOp append) { return failed(record(append)) ? WalkResult::interrupt() : WalkResult::advance(); });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
