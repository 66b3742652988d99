//===- Sm80Sweep.cpp - a forward sweep as fragments of mma.sync ---===//
//
// A block is one task; a warp has 16 of its rows, and all of what belongs to them in registers: scores, running maximum
// and sum, the accumulator. K and V are in shared memory, in as many places as the plan has stages.
//
//   Q, K₀, V₀, … → shared
//   for t < steps:
//     wait for step t;  barrier                  all warps are done with step t − 1, whose place is free
//     K, V of step t + stages − 1 → that place   while this step is computed
//     S = Q · Kᵀ;  score region;  in partial steps: mask
//     m' = max(m, S);  P = 2^(S·c − m'·c);  l, O rescaled;  l += P;  O += P · V
//
// c is log₂e, times the scale of the scores where no region comes between.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/Sm80Sweep.h"

#include "lowering/nvptx/SweepThread.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace attn;

/// Shared memory of a multiprocessor of sm_80, what each block takes of it beyond its own, and registers (CUDA C++
/// Programming Guide, compute capability 8.0).
static constexpr int64_t sharedOfMultiprocessor = 164 * 1024, sharedReserved = 1024, registersOfMultiprocessor = 65536;

/// What a thread needs for the widest tiles (README.md).
static constexpr int64_t registersOfThread = 168;

namespace {

class Sm80Sweep : SweepThread {
public:
  Sm80Sweep(ThreadBuilder &builder, AttentionSweep &sweep, const IRMapping &mapping, const BufferMap &buffers,
            Value shared)
      : SweepThread(builder, sweep, mapping, buffers), shared(shared), stages(sweep.kernel.getPlan()->getStages()),
        at(ThreadCoordinates::emit(builder, rows / ThreadCoordinates::warpRows * 32)), products(builder, at, element) {}

  FailureOr<EntryLaunch> emit();

private:
  void placeTiles();
  void copyKeys(tile::ViewOp view, const TileSource &source, const SharedTile &tile, Value firstKey, Value place);
  /// Starts the copies of a step, if there is that step, and closes their group.
  void copyStep(Value number);
  Value placeOfStage(Value number) { return b.at(shared, b.mul(b.remainder(number, stages), stageBytes)); }

  FailureOr<State> emitStep(Value number, const State &before);
  SmallVector<Fragment> scores(Value place);
  void addValues(const SmallVector<Fragment> &weights, State &state, Value place);

  Value shared;
  const int64_t stages;
  ThreadCoordinates at;
  WarpProducts products;
  SharedTile queryTile, keyTile, valueTile;
  int64_t stageBytes;
  TileSource keySource, valueSource;
  SmallVector<Fragment> queries; // where they fit into registers
};

} // namespace

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

void Sm80Sweep::placeTiles() {
  queryTile = {0, rows, keyWidth};
  // All places of K and V have the same layout, `stageBytes` apart.
  keyTile = {queryTile.end(), keys, keyWidth};
  valueTile = {keyTile.end(), keys, valueWidth};
  stageBytes = valueTile.end() - keyTile.offset;
  keySource = TileSource::emit(b, buffer(sweep.parts[0].key));
  valueSource = TileSource::emit(b, buffer(sweep.value));
}

void Sm80Sweep::copyKeys(tile::ViewOp view, const TileSource &source, const SharedTile &tile, Value firstKey,
                         Value place) {
  copyTile(b, at, source, tile, place, [&](Value rowOfTile) -> SourceRow {
    Value key = b.add(firstKey, rowOfTile);
    Value offset = rowOffset(source.buffer, view.getOrigin(), key, keyHead, /*hasWidth=*/true);
    return {b.at(source.buffer.data, offset), b.less(key, keyCount)};
  });
}

void Sm80Sweep::copyStep(Value number) {
  b.branch(b.less(number, stepCount), [&] {
    Value key = step(number).key, place = placeOfStage(number);
    copyKeys(sweep.parts[0].key, keySource, keyTile, key, place);
    copyKeys(sweep.value, valueSource, valueTile, key, place);
  });
  NVVM::CpAsyncCommitGroupOp::create(b);
}

//===----------------------------------------------------------------------===//
// A step
//===----------------------------------------------------------------------===//

SmallVector<Fragment> Sm80Sweep::scores(Value place) {
  SmallVector<Fragment> result(keys / 8, Fragment(4, b.f32(0)));
  Value rowsBase = products.rowsBase(queryTile, shared), keysBase = products.transposedBase(keyTile, place);
  for (int64_t k = 0; k < keyWidth / 16; ++k) {
    Fragment query = queries.empty() ? products.loadRows(rowsBase, k) : queries[k];
    for (int64_t n = 0; n < keys / 16; ++n) {
      Fragment pair = products.loadTransposed(keyTile, keysBase, n, k);
      products.accumulate(result[2 * n], query, ValueRange(pair).take_front(2));
      products.accumulate(result[2 * n + 1], query, ValueRange(pair).drop_front(2));
    }
  }
  return result;
}

/// O += P · V
void Sm80Sweep::addValues(const SmallVector<Fragment> &weights, State &state, Value place) {
  Value valuesBase = products.plainBase(valueTile, place);
  for (int64_t k = 0; k < keys / 16; ++k) {
    Fragment packed = packWeights(weights, k);
    for (int64_t n = 0; n < valueWidth / 16; ++n) {
      Fragment pair = products.loadPlain(valueTile, valuesBase, n, k);
      products.accumulate(state.output[2 * n], packed, ValueRange(pair).take_front(2));
      products.accumulate(state.output[2 * n + 1], packed, ValueRange(pair).drop_front(2));
    }
  }
}

FailureOr<State> Sm80Sweep::emitStep(Value number, const State &before) {
  State state = before;
  Value place = placeOfStage(number);
  NVVM::CpAsyncWaitGroupOp::create(b, uint32_t(stages - 2));
  NVVM::Barrier0Op::create(b);
  copyStep(b.add(number, stages - 1));

  SmallVector<Fragment> weights = scores(place);
  Step at = step(number);
  if (failed(finishScores(weights, at)))
    return failure();
  FailureOr<Fragment> rescale = normalize(weights, state, at);
  if (failed(rescale))
    return failure();
  state.rescaleOutput(b, *rescale);
  addValues(weights, state, place);
  return state;
}

//===----------------------------------------------------------------------===//
// The sweep
//===----------------------------------------------------------------------===//

/// How many blocks a multiprocessor holds at once: what shared memory allows, with enough registers for a thread. Told
/// so, ptxas gives a thread its share; left alone it aims at one more block and spills.
static int64_t blocksOfMultiprocessor(int64_t threads, int64_t sharedBytes) {
  int64_t byShared = sharedOfMultiprocessor / (sharedBytes + sharedReserved);
  int64_t byRegisters = registersOfMultiprocessor / (threads * registersOfThread);
  return std::max<int64_t>(1, std::min(byShared, byRegisters));
}

FailureOr<EntryLaunch> Sm80Sweep::emit() {
  placeTiles();
  findRows(at);
  copyQueries(at, queryTile, shared);
  for (int64_t number = 0; number < stages - 1; ++number)
    copyStep(b.i32(number));
  // Up to 64 features the queries take 16 registers, and are read once.
  if (keyWidth <= 64) {
    NVVM::CpAsyncWaitGroupOp::create(b, 0u);
    NVVM::Barrier0Op::create(b);
    Value rowsBase = products.rowsBase(queryTile, shared);
    for (int64_t k = 0; k < keyWidth / 16; ++k)
      queries.push_back(products.loadRows(rowsBase, k));
  }
  auto loop = scf::ForOp::create(b, b.i32(0), stepCount, b.i32(1), State::zero(b, valueWidth).values());
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    FailureOr<State> next = emitStep(loop.getInductionVar(), State::fromValues(loop.getRegionIterArgs()));
    if (failed(next))
      return failure();
    scf::YieldOp::create(b, next->values());
  }
  NVVM::CpAsyncWaitGroupOp::create(b, 0u);
  if (failed(finish(State::fromValues(loop.getResults()))))
    return failure();
  int64_t sharedBytes = keyTile.offset + stages * stageBytes;
  return EntryLaunch{at.threads, sharedBytes, blocksOfMultiprocessor(at.threads, sharedBytes)};
}

FailureOr<EntryLaunch> attn::emitSm80Sweep(ThreadBuilder &builder, AttentionSweep &sweep, const IRMapping &mapping,
                                           const BufferMap &buffers, Value shared) {
  return Sm80Sweep(builder, sweep, mapping, buffers, shared).emit();
}
