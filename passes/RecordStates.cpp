//===- RecordStates.cpp - by which argument does a cache grow ---===//
//
// The runtime keeps the lengths of caches. What a call adds to them is the query lengths of the sequences at which it
// appends, given as lengths or as offsets; this pass finds the function argument that holds them and writes its name on
// the cache argument.
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

namespace {
/// The argument of the function that says how many rows a call appends, and the attribute that says in which way.
struct Growth {
  BlockArgument argument;
  StringRef attribute;
};
} // namespace

static StringRef wordsFor(StringRef attribute) { return attribute == "nn.advance" ? "the lengths" : "the offsets"; }

static FailureOr<Growth> growthOf(AppendOp append) {
  if (auto packed = append.getSequences().getDefiningOp<PackedOp>()) {
    if (BlockArgument offsets = functionArgument(packed.getQueryOffsets()))
      return Growth{offsets, "nn.advance_offsets"};
    return append.emitOpError(
        "expects the query offsets of its sequences to be an argument of the function, by which the cache grows");
  }
  auto padded = append.getSequences().getDefiningOp<PaddedOp>();
  if (BlockArgument lengths = padded && padded.getQueryLengths() ? functionArgument(padded.getQueryLengths()) : nullptr)
    return Growth{lengths, "nn.advance"};
  return append.emitOpError(
      "expects the query lengths of its sequences to be an argument of the function, by which the cache "
      "grows; write attn.padded queries(%lengths : tensor<?xi32>)");
}

static LogicalResult record(AppendOp append) {
  BlockArgument cache = functionArgument(append.getCache());
  if (!cache)
    return append.emitOpError("expects its cache to be an argument of the function, or a slice of one");
  FailureOr<Growth> growth = growthOf(append);
  if (failed(growth))
    return failure();
  auto function = cast<func::FuncOp>(cache.getOwner()->getParentOp());
  auto name = function.getArgAttrOfType<StringAttr>(growth->argument.getArgNumber(), "nn.name");
  if (!name)
    return append.emitOpError() << "expects `nn.name` on argument " << growth->argument.getArgNumber()
                                << ", by which the cache grows";
  for (StringRef other : {"nn.advance", "nn.advance_offsets"}) {
    auto known = function.getArgAttrOfType<StringAttr>(cache.getArgNumber(), other);
    if (known && (known != name || other != growth->attribute))
      return append.emitOpError() << "grows a cache by " << wordsFor(growth->attribute) << " '" << name.strref()
                                  << "', but another append grows it by " << wordsFor(other) << " '" << known.strref()
                                  << "'";
  }
  function.setArgAttr(cache.getArgNumber(), growth->attribute, name);
  return success();
}

namespace {
struct RecordStates : attn::impl::RecordStatesBase<RecordStates> {
  void runOnOperation() override {
    WalkResult result = getOperation().walk(
        [](AppendOp append) { return failed(record(append)) ? WalkResult::interrupt() : WalkResult::advance(); });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
