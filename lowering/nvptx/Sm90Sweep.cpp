//===- Sm90Sweep.cpp - a forward sweep as products of warp groups ---===//
//
// A block is one task. Its first warp group only copies; each of the others has 64 rows, as FlashAttention-3 (Shah et
// al., 2024) divides the work. Keys and values pass through rings of as many places as the plan has stages; each place
// has two mbarriers, on which a copy waits until the place is empty, and products until it is full.
//
//   producer:  for t < steps:   K_t → place t mod stages, when empty;  V_t likewise
//   consumers: Q → shared
//              S = Q · K₀ᵀ;  P, l, m from S
//              for 1 ≤ t < steps:
//                S = Q · K_tᵀ    and behind it    O += P · V_{t−1}       both run on
//                wait for S;  K_t's place is empty;  P, l, m from S      while O is computed
//                wait for O;  V_{t−1}'s place is empty;  O rescaled
//              O += P · V_last
//
// "P, l, m from S" is `finishScores` and `normalize` of SweepThread. P stays in f32 until the wait for O: its 16-bit
// pairs are the registers that the product in flight reads.
//
// Rows of K and V beyond the tensor arrive as zeros. Rows that are in memory but not among a sequence's keys arrive as
// they are: the mask removes their scores, and their values, which a weight of 0 does not make 0 if they are NaN, are
// cleared in shared memory (`clearMissingValues`).
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/Sm90Sweep.h"

#include "lowering/nvptx/SweepThread.h"
#include "lowering/nvptx/WarpGroup.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace attn;

/// Registers of a multiprocessor for each thread of a warp group (CUDA C++ Programming Guide, compute capability 9.0).
static constexpr int64_t registersOfGroups = 65536 / WarpGroup::threads;

/// What setmaxnreg gives at most, and in steps of.
static constexpr int64_t maxRegisters = 240, registerStep = 8;

/// Named barriers, of the consumers among themselves; 0 is that of the whole block.
static constexpr int64_t queriesBarrier = 1, valuesBarrier = 2;

/// Columns of a copied box: what the swizzle covers.
static constexpr int64_t boxColumns = SharedTile::swizzleBytes / 2;

/// Clusters are of one block, so its shared memory is the cluster's.
static constexpr unsigned clusterSpace = 7;

namespace {

/// Places of one tile's steps, and the mbarriers of each.
struct Ring {
  tile::ViewOp view;
  SharedTile tile; // the first place
  int64_t full = 0, empty = 0;
};

class Sm90Sweep : SweepThread {
public:
  Sm90Sweep(ThreadBuilder &builder, AttentionSweep &sweep, const IRMapping &mapping, const BufferMap &buffers,
            Value shared)
      : SweepThread(builder, sweep, mapping, buffers), shared(shared), stages(sweep.kernel.getPlan()->getStages()),
        consumers(rows / WarpGroup::rows), products(builder, element) {}

  FailureOr<EntryLaunch> emit();

private:
  void placeTiles();
  void initializeBarriers();

  Value stageOf(Value number) { return b.remainder(number, stages); }
  /// Of how often a place was used before step `number`, the lowest bit.
  Value parityOf(Value number) { return b.remainder(b.divide(number, stages), 2); }
  Value place(const Ring &ring, Value number) { return b.at(shared, b.mul(stageOf(number), ring.tile.bytes())); }
  Value barrier(int64_t first, Value number) { return b.at(b.at(shared, b.mul(stageOf(number), barrierBytes)), first); }
  void wait(Value barrier, Value parity);
  void waitUntilFull(const Ring &ring, Value number) { wait(barrier(ring.full, number), parityOf(number)); }
  void release(const Ring &ring, Value number);

  void produce();
  void copyStep(const Ring &ring, Value number, Value key);

  LogicalResult consume(Value consumer);
  void loadQueries(Value consumer);
  void clearMissingValues(Value number);
  SmallVector<Value> startScores(Value number);
  void startOutput(State &state, ArrayRef<Fragment> weights, Value number);
  SmallVector<Fragment> pack(const SmallVector<Fragment> &weights);
  FailureOr<State> emitSteps();
  FailureOr<SmallVector<Value>> emitStep(Value number, ValueRange carried);

  static constexpr int64_t barrierBytes = 8;

  Value shared;
  const int64_t stages, consumers;
  WarpGroup products;
  SharedTile queryTile;
  Ring keyRing, valueRing;
  int64_t sharedBytes = 0;
  ThreadCoordinates at; // among the consumers
  Value queryDescriptor;
};

} // namespace

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

void Sm90Sweep::placeTiles() {
  constexpr auto swizzled = SharedTile::Layout::swizzled;
  queryTile = {0, rows, keyWidth, swizzled};
  keyRing = {sweep.parts[0].key, {queryTile.end(), keys, keyWidth, swizzled}};
  valueRing = {sweep.value, {queryTile.end() + stages * keyRing.tile.bytes(), keys, valueWidth, swizzled}};
  sharedBytes = valueRing.tile.offset + stages * valueRing.tile.bytes();
  for (int64_t *first : {&keyRing.full, &keyRing.empty, &valueRing.full, &valueRing.empty}) {
    *first = sharedBytes;
    sharedBytes += stages * barrierBytes;
  }
}

/// One thread makes a place full, one of each consumer makes it empty. Known to all after the block's barrier.
void Sm90Sweep::initializeBarriers() {
  Value thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  b.branch(b.isZero(thread), [&] {
    for (const Ring *ring : {&keyRing, &valueRing}) {
      for (int64_t stage = 0; stage < stages; ++stage) {
        NVVM::MBarrierInitOp::create(b, b.at(shared, ring->full + stage * barrierBytes), b.i32(1), Value());
        NVVM::MBarrierInitOp::create(b, b.at(shared, ring->empty + stage * barrierBytes), b.i32(consumers), Value());
      }
    }
    NVVM::FenceMbarrierInitOp::create(b);
  });
  NVVM::Barrier0Op::create(b);
}

void Sm90Sweep::wait(Value barrier, Value parity) {
  constexpr int64_t nanoseconds = 10'000'000; // then it asks again
  NVVM::MBarrierTryWaitParityOp::create(b, barrier, parity, b.i32(nanoseconds));
}

/// What this warp group has read of a place may be overwritten.
void Sm90Sweep::release(const Ring &ring, Value number) {
  Value isFirst = b.isZero(b.remainder(at.thread, WarpGroup::threads));
  b.arriveIf(isFirst, barrier(ring.empty, number));
}

//===----------------------------------------------------------------------===//
// The producer
//===----------------------------------------------------------------------===//

void Sm90Sweep::copyStep(const Ring &ring, Value number, Value key) {
  // A place that was never used is empty: its barrier is in phase 0, and the one before is over.
  wait(barrier(ring.empty, number), b.sub(b.i32(1), parityOf(number)));
  tile::ViewOp view = ring.view;
  Value full = barrier(ring.full, number), to = place(ring, number), origin = scalar(view.getOrigin());
  NVVM::MBarrierArriveExpectTxOp::create(b, Type(), full, b.i32(ring.tile.bytes()), NVVM::MemScopeKind::CTA,
                                         /*relaxed=*/false, Value());
  const GlobalBuffer &source = buffer(view);
  Type cluster = LLVM::LLVMPointerType::get(b.getContext(), clusterSpace);
  for (int64_t column = 0; column < ring.tile.width; column += boxColumns) {
    // Fastest dimension first. Sequences are a dimension of their own, or packed end to end.
    SmallVector<Value> coordinates{b.i32(column), keyHead};
    if (source.sizes.size() == 4)
      coordinates.append({key, origin});
    else
      coordinates.push_back(b.add(origin, key));
    int64_t offset = ring.tile.offset + ring.tile.distance(0, column * 2 / SharedTile::chunkBytes);
    Value destination = LLVM::AddrSpaceCastOp::create(b, cluster, b.at(to, offset));
    NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp::create(b, destination, source.tensorMap, coordinates, full,
                                                           ValueRange(), Value(), Value(), NVVM::TMALoadMode::TILE,
                                                           /*isCTAOnly=*/false, nullptr, Value());
  }
}

void Sm90Sweep::produce() {
  auto copyAll = [&] {
    b.loop(b.i32(0), stepCount, 1, [&](Value number) {
      Value key = step(number).key;
      copyStep(keyRing, number, key);
      copyStep(valueRing, number, key);
    });
  };
  Value thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  b.branch(b.isZero(b.uniform(b.divide(thread, 32))),
           [&] { b.branch(NVVM::ElectSyncOp::create(b, b.getI1Type(), Value()), copyAll); });
}

//===----------------------------------------------------------------------===//
// Consumers
//===----------------------------------------------------------------------===//

/// The queries are written as by any thread, and read by wgmma, to which these writes have to be shown.
void Sm90Sweep::loadQueries(Value consumer) {
  copyQueries(at, queryTile, shared);
  NVVM::CpAsyncCommitGroupOp::create(b);
  NVVM::CpAsyncWaitGroupOp::create(b, 0u);
  b.showToAsyncProxy();
  b.barrier(queriesBarrier, at.threads);
  queryDescriptor = products.describeRows(queryTile, shared, b.mul(consumer, WarpGroup::rows));
}

/// Values that are in memory but not among the sequence's keys become 0.
void Sm90Sweep::clearMissingValues(Value number) {
  Value key = step(number).key, present = b.max(b.sub(keyCount, key), b.i32(0)), to = place(valueRing, number);
  const SharedTile &tile = valueRing.tile;
  const int64_t chunks = tile.width * 2 / SharedTile::chunkBytes;
  Type chunk = VectorType::get(4, b.getI32Type());
  b.branch(b.less(present, b.i32(keys)), [&] {
    Value zero = LLVM::ZeroOp::create(b, chunk), missing = b.sub(b.i32(keys), present);
    b.loop(at.thread, b.mul(missing, chunks), at.threads, [&](Value index) {
      Value row = b.add(present, b.divide(index, chunks));
      Value offset = b.add(tile.placeOf(b, row, b.remainder(index, chunks)), tile.offset);
      b.store(zero, b.at(to, offset), SharedTile::chunkBytes);
    });
    b.showToAsyncProxy();
    b.barrier(valuesBarrier, at.threads);
  });
}

SmallVector<Value> Sm90Sweep::startScores(Value number) {
  Value keyDescriptor = products.describeRows(keyRing.tile, place(keyRing, number), b.i32(0));
  SmallVector<Value> scores;
  for (int64_t k = 0; k < keyWidth / 16; ++k)
    scores = products.multiply(products.rowsAt(queryDescriptor, queryTile, k),
                               products.rowsAt(keyDescriptor, keyRing.tile, k), keys, scores);
  products.commit();
  return scores;
}

void Sm90Sweep::startOutput(State &state, ArrayRef<Fragment> weights, Value number) {
  Value descriptor = products.describeColumns(valueRing.tile, place(valueRing, number));
  SmallVector<Value> output = flatten(state.output);
  for (auto [k, fragment] : llvm::enumerate(weights))
    output = products.multiply(fragment, products.columnsAt(descriptor, k), output);
  products.commit();
  state.output = blocksOf(output);
}

SmallVector<Fragment> Sm90Sweep::pack(const SmallVector<Fragment> &weights) {
  SmallVector<Fragment> packed;
  for (int64_t k = 0; k < keys / 16; ++k)
    packed.push_back(packWeights(weights, k));
  return packed;
}

/// The registers that products read and write, in one list for a fence or a wait, and back.
static SmallVector<Value> join(ArrayRef<Fragment> x, ArrayRef<Fragment> y) {
  SmallVector<Value> all = flatten(x);
  llvm::append_range(all, flatten(y));
  return all;
}
static void split(ArrayRef<Value> all, SmallVector<Fragment> &x, SmallVector<Fragment> &y) {
  size_t first = 4 * x.size();
  x = blocksOf(all.take_front(first));
  y = blocksOf(all.drop_front(first));
}

/// Step `number`, from 1 on; what is carried is the state, and the packed weights of the step before.
FailureOr<SmallVector<Value>> Sm90Sweep::emitStep(Value number, ValueRange carried) {
  size_t weightCount = keys / 4;
  State state = State::fromValues(carried.drop_back(weightCount));
  SmallVector<Fragment> packed = blocksOf(carried.take_back(weightCount));
  Value previous = b.sub(number, b.i32(1));
  waitUntilFull(keyRing, number);
  waitUntilFull(valueRing, previous);
  clearMissingValues(previous);

  SmallVector<Value> registers = join(state.output, packed);
  products.fence(registers);
  split(registers, state.output, packed);
  SmallVector<Value> product = startScores(number);
  startOutput(state, packed, previous);

  products.wait(1, product);
  release(keyRing, number);
  SmallVector<Fragment> weights = blocksOf(product);
  Step at = step(number);
  if (failed(finishScores(weights, at)))
    return failure();
  FailureOr<Fragment> rescale = normalize(weights, state, at);
  if (failed(rescale))
    return failure();

  registers = join(state.output, weights);
  products.wait(0, registers);
  split(registers, state.output, weights);
  release(valueRing, previous);
  state.rescaleOutput(b, *rescale);
  SmallVector<Value> next = state.values();
  llvm::append_range(next, flatten(pack(weights)));
  return next;
}

/// All steps, of which there is at least one.
FailureOr<State> Sm90Sweep::emitSteps() {
  State state = State::zero(b, valueWidth);
  Value first = b.i32(0);
  waitUntilFull(keyRing, first);
  products.fence();
  SmallVector<Value> product = startScores(first);
  products.wait(0, product);
  release(keyRing, first);
  SmallVector<Fragment> weights = blocksOf(product);
  Step at = step(first);
  if (failed(finishScores(weights, at)) || failed(normalize(weights, state, at)))
    return failure();

  SmallVector<Value> carried = state.values();
  llvm::append_range(carried, flatten(pack(weights)));
  auto loop = scf::ForOp::create(b, b.i32(1), stepCount, b.i32(1), carried);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    FailureOr<SmallVector<Value>> next = emitStep(loop.getInductionVar(), loop.getRegionIterArgs());
    if (failed(next))
      return failure();
    scf::YieldOp::create(b, *next);
  }
  size_t stateCount = carried.size() - keys / 4;
  state = State::fromValues(loop.getResults().take_front(stateCount));
  SmallVector<Fragment> packed = blocksOf(loop.getResults().drop_front(stateCount));

  Value last = b.sub(stepCount, b.i32(1));
  waitUntilFull(valueRing, last);
  clearMissingValues(last);
  SmallVector<Value> registers = join(state.output, packed);
  products.fence(registers);
  split(registers, state.output, packed);
  startOutput(state, packed, last);
  registers = flatten(state.output);
  products.wait(0, registers);
  state.output = blocksOf(registers);
  return state;
}

LogicalResult Sm90Sweep::consume(Value consumer) {
  at = ThreadCoordinates::emit(b, consumers * WarpGroup::threads, WarpGroup::threads);
  findRows(at);
  loadQueries(consumer);
  SmallVector<Value> nothing = State::zero(b, valueWidth).values();
  auto some = scf::IfOp::create(b, TypeRange(ValueRange(nothing)), b.less(b.i32(0), stepCount),
                                /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(some.elseBlock());
    scf::YieldOp::create(b, nothing);
    b.setInsertionPointToStart(some.thenBlock());
    FailureOr<State> state = emitSteps();
    if (failed(state))
      return failure();
    scf::YieldOp::create(b, state->values());
  }
  return finish(State::fromValues(some.getResults()));
}

//===----------------------------------------------------------------------===//
// The sweep
//===----------------------------------------------------------------------===//

FailureOr<EntryLaunch> Sm90Sweep::emit() {
  placeTiles();
  initializeBarriers();
  // The producer gives registers to those who hold accumulators.
  int64_t producerRegisters = consumers > 2 ? 32 : 24;
  int64_t shared = (registersOfGroups - producerRegisters) / consumers / registerStep * registerStep;
  int64_t consumerRegisters = std::min(maxRegisters, shared);

  Value thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  Value group = b.uniform(b.divide(thread, WarpGroup::threads));
  auto role = scf::IfOp::create(b, b.isZero(group), /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(role.thenBlock());
    NVVM::SetMaxRegisterOp::create(b, producerRegisters, NVVM::SetMaxRegisterAction::decrease);
    produce();
    b.setInsertionPointToStart(role.elseBlock());
    NVVM::SetMaxRegisterOp::create(b, consumerRegisters, NVVM::SetMaxRegisterAction::increase);
    if (failed(consume(b.add(group, -1))))
      return failure();
  }
  return EntryLaunch{(consumers + 1) * WarpGroup::threads, sharedBytes};
}

FailureOr<EntryLaunch> attn::emitSm90Sweep(ThreadBuilder &builder, AttentionSweep &sweep, const IRMapping &mapping,
                                           const BufferMap &buffers, Value shared) {
  return Sm90Sweep(builder, sweep, mapping, buffers, shared).emit();
}

SmallVector<tile::TensorMapAttr> attn::findSm90TensorMaps(AttentionSweep &sweep) {
  SmallVector<tile::TensorMapAttr> maps;
  for (tile::ViewOp view : {sweep.parts[0].key, sweep.value}) {
    // (sequence, key, head, width), or without sequences where they are packed.
    SmallVector<int64_t> box(dataShape(view.getSource().getType()).size(), 1);
    box[box.size() - 3] = sweep.step();
    box.back() = boxColumns;
    auto map = tile::TensorMapAttr::get(view.getContext(), cast<BlockArgument>(view.getSource()).getArgNumber(), box,
                                        SharedTile::swizzleBytes);
    if (!llvm::is_contained(maps, map))
      maps.push_back(map);
  }
  return maps;
}
