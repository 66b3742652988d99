//===- Tile.cpp - turn attn.generic into sweeps over key ranges ---===//
//
// The algorithm is that of FlashAttention (Dao et al., 2022; Dao, 2023): a task holds a tile of query rows, sweeps over
// the keys they may meet, and carries a running maximum, a running sum and an accumulator (Milakov and Gimelshein,
// 2018). A task is one tile of the rows of one sequence and one key head: positions × heads of the head's group, so
// that keys and values are read once for a whole group.
//
//   %rows = tile.rows …                                      which rows
//   scalar code                                              which keys: ranges, full and partial
//   %r:3 = tile.sweep over ranges {
//     s = scale · Q · Kᵀ;  s = score(s);  mask;  p, rescale = normalize;  acc = acc · rescale + p · V }
//   %o, %lse = tile.finish …;  tile.store …
//
//===----------------------------------------------------------------------===//

#include "passes/KeyHeads.h"
#include "passes/MaskRanges.h"
#include "passes/PairRegions.h"
#include "passes/Passes.h"
#include "passes/PlanState.h"
#include "passes/SequenceScalars.h"

#include "mlir/IR/IRMapping.h"

namespace attn {
#define GEN_PASS_DEF_TILE
#include "passes/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {

struct Tile : attn::impl::TileBase<Tile> {
  using TileBase::TileBase;
  void runOnOperation() override;
};

/// Writes one kernel anew.
class KernelTiler {
public:
  KernelTiler(tile::KernelOp kernel, GenericOp generic)
      : kernel(kernel), generic(generic), plan(*kernel.getPlan()), b(generic.getLoc(), generic) {}

  LogicalResult run();

private:
  LogicalResult addGrid();
  void placeRows();
  tile::SweepOp sweep(ArrayRef<KeyRange> ranges);
  tile::MapOp map(tile::TileType type, ValueRange tiles, ScalarCode &code, Value key);
  Value mapFeatures(Value view);
  Value scores(Value key);
  Value weights(tile::NormalizeOp normalized, Value key);
  Value sinks();
  void finish(tile::SweepOp sweep);

  tile::TileType tileOf(ArrayRef<int64_t> shape, Type element = Type()) {
    return tile::TileType::get(b.getContext(), shape, element ? element : b.getF32Type());
  }
  Value constant(int64_t value) { return arith::ConstantIndexOp::create(b, value); }
  Value i32(Value index) { return b.createOrFold<arith::IndexCastOp>(b.getI32Type(), index); }
  tile::ViewOp viewKeys(Value source, Value key);

  tile::KernelOp kernel;
  GenericOp generic;
  tile::PlanAttr plan;
  ImplicitLocOpBuilder b;

  Value n, keyHead, task;
  int64_t group;
  SequenceScalars sequence;
  RowSpan span;
  Value rows;
  SmallVector<Value> queryViews;
  llvm::SmallDenseMap<Value, tile::ViewOp> keyViews;
  /// The head of each key part and of the value that the task's rows read.
  llvm::SmallDenseMap<Value, Value> sourceHeads;
  PairRegions regions;
};

} // namespace

//===----------------------------------------------------------------------===//
// Grid and rows
//===----------------------------------------------------------------------===//

/// Sequences × key heads × tiles of rows; a kernel's tasks may run in any order.
LogicalResult KernelTiler::addGrid() {
  Value query = generic.getQueries()[0];
  auto argument = dyn_cast<BlockArgument>(query);
  if (!argument || argument.getOwner() != &kernel.getBody().front())
    return generic.emitOpError() << "expects its queries to be an argument of the kernel";
  ArrayRef<int64_t> queryShape = dataShape(query.getType());
  int64_t keyHeads = taskHeads(generic);
  group = queryShape[queryShape.size() - 2] / keyHeads;

  std::string at = std::to_string(argument.getArgNumber()), sequences = "dim(" + at + ",0)",
              rowCount = "dim(" + at + ",1)";
  if (auto packed = generic.getSequences() ? generic.getSequences().getDefiningOp<PackedOp>() : PackedOp()) {
    auto offsets = dyn_cast<BlockArgument>(packed.getQueryOffsets());
    if (!offsets || offsets.getOwner() != &kernel.getBody().front())
      return packed.emitOpError() << "expects its offsets to be an argument of the kernel";
    rowCount = sequences;
    // One more than there are documents: the rows past the last offset, which are written 0.
    sequences = "dim(" + std::to_string(offsets.getArgNumber()) + ",0)";
  }
  std::string tiles =
      "ceildiv(" + rowCount + " * " + std::to_string(group) + ", " + std::to_string(plan.getRows()) + ")";
  std::string headCount = std::to_string(keyHeads);
  kernel.setGridAttr(b.getStrArrayAttr({sequences, headCount, tiles}));
  Block &body = kernel.getBody().front();
  n = body.addArgument(b.getIndexType(), generic.getLoc());
  keyHead = body.addArgument(b.getIndexType(), generic.getLoc());
  task = body.addArgument(b.getIndexType(), generic.getLoc());
  return success();
}

void KernelTiler::placeRows() {
  sequence = emitSequenceScalars(b, generic, n);
  Value groups = constant(group), size = constant(plan.getRows());
  auto mul = [&](Value x, Value y) { return b.createOrFold<arith::MulIOp>(x, y); };
  auto sub = [&](Value x, Value y) { return b.createOrFold<arith::SubIOp>(x, y); };
  auto add = [&](Value x, Value y) { return b.createOrFold<arith::AddIOp>(x, y); };
  // Later rows meet more keys under a causal mask: they go first.
  Value total = tile::SizeOp::create(b, b.getIndexType(), generic.getQueries()[0], sequence.packedQueries ? 0 : 1);
  Value tiles = b.createOrFold<arith::CeilDivSIOp>(mul(total, groups), size);
  Value tile = sub(sub(tiles, constant(1)), task);
  rows = tile::RowsOp::create(b, tile::RowsType::get(b.getContext(), plan.getRows()), tile, n, keyHead, group,
                              sequence.validRows, sequence.rowCount, sequence.start);
  // Of the rows y = position · group + head, the tile holds first ≤ y ≤ last, none where last < first.
  Value first = mul(tile, size), valid = mul(sequence.validRows, groups);
  Value last = sub(b.createOrFold<arith::MinSIOp>(add(first, size), valid), constant(1));
  Value exists = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt, first, valid);
  span.sequence = n;
  span.firstHead = mul(keyHead, groups);
  span.heads = group;
  span.first = add(sequence.start, b.createOrFold<arith::DivSIOp>(first, groups));
  span.last = add(sequence.start, b.createOrFold<arith::DivSIOp>(last, groups));
  span.keyCount = b.createOrFold<arith::SelectOp>(exists, sequence.keyCount, constant(0));

  auto placeHead = [&](Value source) {
    int64_t share = taskHeads(generic) / headsOf(source);
    sourceHeads[source] = share == 1 ? keyHead : b.createOrFold<arith::DivUIOp>(keyHead, constant(share));
  };
  llvm::for_each(generic.getKeys(), placeHead);
  placeHead(generic.getValue());

  for (Value query : generic.getQueries()) {
    auto type = tile::ViewType::get(b.getContext(), {plan.getRows(), dataShape(query.getType()).back()},
                                    dataElementType(query.getType()));
    Value view = tile::ViewOp::create(b, type, query, sequence.queryOrigin, rows, Value(), Value(), Value());
    queryViews.push_back(view);
  }
}

//===----------------------------------------------------------------------===//
// The sweep
//===----------------------------------------------------------------------===//

/// A map by a copy of `code`, at rows and `key` where that is given.
tile::MapOp KernelTiler::map(tile::TileType type, ValueRange tiles, ScalarCode &code, Value key) {
  auto map = tile::MapOp::create(b, type, tiles, key ? rows : Value(), key, code.captures);
  IRMapping mapping;
  code.region.cloneInto(&map.getBody(), mapping);
  return map;
}

/// What queries or keys are before they meet.
Value KernelTiler::mapFeatures(Value view) {
  if (regions.features.empty())
    return view;
  return map(tileOf(cast<tile::ViewType>(view.getType()).getShape()), view, regions.features, Value());
}

/// One view of each source: what is a key part and the value at once is loaded once.
tile::ViewOp KernelTiler::viewKeys(Value source, Value key) {
  tile::ViewOp &view = keyViews[source];
  if (view)
    return view;
  auto type = tile::ViewType::get(b.getContext(), {plan.getKeys(), dataShape(source.getType()).back()},
                                  dataElementType(source.getType()));
  return view = tile::ViewOp::create(b, type, source, sequence.keyOrigin, Value(), key, sourceHeads.lookup(source),
                                     span.keyCount);
}

/// The scores of one step, changed and masked.
Value KernelTiler::scores(Value key) {
  tile::TileType type = tileOf({plan.getRows(), plan.getKeys()});
  Value sum;
  for (auto [query, keys] : llvm::zip(queryViews, generic.getKeys())) {
    auto dot = tile::DotOp::create(b, type, query, mapFeatures(viewKeys(keys, key)), sum, generic.getScale(),
                                   regions.pair.captures, /*transpose_a=*/false, /*transpose_b=*/true);
    IRMapping mapping;
    regions.pair.region.cloneInto(&dot.getBody(), mapping);
    sum = dot;
  }
  if (!regions.score.empty())
    sum = map(type, sum, regions.score, key);
  auto masked = tile::MaskOp::create(b, type, sum, rows, key, span.keyCount, regions.mask.captures);
  masked.getBody().takeBody(regions.mask.region);
  return masked;
}

/// The weights as they meet the values: what they are times, beside the normaliser, comes in here.
Value KernelTiler::weights(tile::NormalizeOp normalized, Value key) {
  if (regions.factor.empty())
    return normalized.getWeights();
  return map(tileOf({plan.getRows(), plan.getKeys()}, plan.getWeights()), normalized.getWeights(), regions.factor, key);
}

tile::SweepOp KernelTiler::sweep(ArrayRef<KeyRange> ranges) {
  int64_t width = dataShape(generic.getValue().getType()).back();
  tile::TileType perRow = tileOf({plan.getRows()}), accumulator = tileOf({plan.getRows(), width});
  auto fill = [&](double value, Type type) -> Value {
    return tile::FillOp::create(b, type, arith::ConstantOp::create(b, b.getF32FloatAttr(value)));
  };
  SmallVector<Value> inits{fill(-std::numeric_limits<double>::infinity(), perRow), fill(0, perRow),
                           fill(0, accumulator)};
  SmallVector<StringRef> kinds;
  SmallVector<Value> bounds;
  for (const KeyRange &range : ranges) {
    kinds.push_back(range.isFull ? "full" : "partial");
    bounds.append({range.begin, range.end});
  }
  auto sweep =
      tile::SweepOp::create(b, TypeRange(ValueRange(inits)), b.getStrArrayAttr(kinds), bounds, plan.getKeys(), inits);
  Block *body = b.createBlock(&sweep.getBody());
  Value key = body->addArgument(b.getIndexType(), b.getLoc());
  Value maximum = body->addArgument(perRow, b.getLoc()), sum = body->addArgument(perRow, b.getLoc());
  Value carried = body->addArgument(accumulator, b.getLoc());

  tile::TileType type = tileOf({plan.getRows(), plan.getKeys()}, regions.factor.empty() ? plan.getWeights() : Type());
  auto normalized = tile::NormalizeOp::create(b, type, perRow, perRow, perRow, generic.getWeighting(),
                                              generic.getNormalizer(), scores(key), maximum, sum);
  auto rescaled =
      tile::MapOp::create(b, accumulator, ValueRange{carried, normalized.getRescale()}, Value(), Value(), ValueRange());
  {
    OpBuilder::InsertionGuard guard(b);
    Type f32 = b.getF32Type();
    Block *product = b.createBlock(&rescaled.getBody(), {}, {f32, f32}, {b.getLoc(), b.getLoc()});
    Value scaled = arith::MulFOp::create(b, product->getArgument(0), product->getArgument(1));
    tile::YieldOp::create(b, scaled);
  }
  Value added = tile::DotOp::create(b, accumulator, weights(normalized, key), viewKeys(generic.getValue(), key),
                                    rescaled, Value(), ValueRange(), /*transpose_a=*/false, /*transpose_b=*/false);
  tile::YieldOp::create(b, ValueRange{normalized.getNewMaximum(), normalized.getNewSum(), added});
  b.setInsertionPointAfter(sweep);
  return sweep;
}

/// The sink of each row, by its head; null without one.
Value KernelTiler::sinks() {
  Value sink = generic.getSink();
  if (!sink)
    return Value();
  auto map = tile::MapOp::create(b, tileOf({plan.getRows()}), ValueRange(), rows, constant(0), sink);
  OpBuilder::InsertionGuard guard(b);
  Type i32 = b.getI32Type();
  SmallVector<Type> arguments{i32, i32, i32, i32, sink.getType()};
  Block *body = b.createBlock(&map.getBody(), {}, arguments, SmallVector<Location>(arguments.size(), b.getLoc()));
  Value logit = LoadOp::create(b, b.getF32Type(), body->getArgument(4), body->getArgument(1));
  tile::YieldOp::create(b, logit);
  return map;
}

void KernelTiler::finish(tile::SweepOp sweep) {
  auto finished = tile::FinishOp::create(b, sweep.getResult(2).getType(), sweep.getResult(0).getType(),
                                         generic.getWeighting(), generic.getNormalizer(), generic.getEpsilonAttr(),
                                         sweep.getResult(2), sweep.getResult(0), sweep.getResult(1), sinks());
  auto destinations = generic.getDestinations();
  tile::StoreOp::create(b, finished.getOutput(), destinations[0], sequence.queryOrigin, rows);
  if (destinations.size() > 1)
    tile::StoreOp::create(b, finished.getLse(), destinations[1], sequence.queryOrigin, rows);
}

LogicalResult KernelTiler::run() {
  if (failed(addGrid()))
    return failure();
  placeRows();
  if (failed(copyRegions(b, generic, sequence, regions)))
    return failure();
  for (Value &view : queryViews)
    view = mapFeatures(view);
  SmallVector<KeyRange> ranges = emitKeyRanges(b, regions.mask, span, plan.getKeys());
  finish(sweep(ranges));
  Operation *sequences = generic.getSequences() ? generic.getSequences().getDefiningOp() : nullptr;
  generic.erase();
  if (sequences && sequences->use_empty())
    sequences->erase();
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

void Tile::runOnOperation() {
  SmallVector<std::pair<tile::KernelOp, GenericOp>> work;
  getOperation().walk([&](GenericOp generic) {
    // Chunks of tokens, and weights in place of the output, are no sweeps: a lowering takes the generic form itself.
    auto kernel = dyn_cast<tile::KernelOp>(generic->getParentOp());
    if (kernel && kernel.getPlan() && !isChunkForm(kernel.getPlan()->getForm()) && !generic.getWeights())
      work.push_back({kernel, generic});
  });
  for (auto [kernel, generic] : work)
    if (failed(KernelTiler(kernel, generic).run()))
      return signalPassFailure();
}
