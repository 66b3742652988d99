//===- Barrier.cpp - barriers of threads and mbarriers -===//
//
// A barrier counts threads; whoever waits compares generations, so a release reaches everybody at his next turn. An
// mbarrier's phase completes when all arrivals and all announced bytes are there.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Lanes.h"

#include <cinttypes>

namespace attn::ptx {

namespace {

/// Ends the generation if everybody is there.
void completeIfFull(Block &block, Barrier &barrier) {
  uint32_t needed = barrier.expected ? barrier.expected : block.threadsLeft();
  if (barrier.arrived == 0 || barrier.arrived < needed)
    return;
  ++barrier.generation;
  barrier.lastVotes = barrier.votes;
  barrier.lastArrived = barrier.arrived;
  barrier.arrived = barrier.votes = 0;
  if (block.races)
    barrier.released = barrier.gathering;
}

/// Counts the current path; false after a fault.
bool arrive(Warp &warp, Barrier &barrier, uint32_t expected, uint32_t votes) {
  if (barrier.arrived != 0 && barrier.expected != expected) {
    warp.block.fault(warp, -1, "expects %u threads, but others wait at the same barrier for %u", expected,
                     barrier.expected);
    return false;
  }
  barrier.expected = expected;
  ++warp.block.events;
  // Barriers with a count are counted in warps, even where the last warp of the block is not full.
  bool wholeWarp = expected != 0 && warp.active == warp.alive;
  barrier.arrived += wholeWarp ? warpSize : uint32_t(__builtin_popcount(warp.active));
  barrier.votes += uint32_t(__builtin_popcount(votes & warp.active));
  if (expected != 0 && barrier.arrived > expected) {
    warp.block.fault(warp, -1, "%u threads arrive at a barrier for %u", barrier.arrived, expected);
    return false;
  }
  if (warp.block.races)
    warp.block.races->release(warp.index, barrier.gathering);
  return true;
}

Step waitAtBarrier(Warp &warp, const Instruction &instruction) {
  Block &block = warp.block;
  unsigned lane = warp.firstLane();
  uint64_t id = warp.value(instruction.operands[1], lane);
  bool counted = instruction.operands[2].kind != Operand::Kind::none;
  uint32_t expected = counted ? uint32_t(warp.value(instruction.operands[2], lane)) : 0;
  if (id >= 16)
    return block.fault(warp, -1, "barrier %" PRIu64 "; a block has 16", id);
  if (counted && (expected == 0 || expected % warpSize != 0))
    return block.fault(warp, -1, "%u threads; the number must be a multiple of %u and not 0", expected, warpSize);
  Barrier &barrier = block.barriers[id];
  bool reduces = instruction.opcode == Opcode::barRed;
  Path &path = warp.paths[warp.current];
  if (instruction.opcode == Opcode::barArrive) {
    if (!arrive(warp, barrier, expected, 0))
      return Step::wait;
    completeIfFull(block, barrier);
    return Step::next;
  }
  if (!path.arrived) {
    path.generation = barrier.generation;
    if (!arrive(warp, barrier, expected, reduces ? warp.predicate(instruction.operands[3]) : 0))
      return Step::wait;
    path.arrived = true;
  }
  if (barrier.generation == path.generation)
    completeIfFull(block, barrier);
  if (barrier.generation == path.generation) {
    if (block.explains)
      block.waiting = "barrier " + std::to_string(id) + ", where " + std::to_string(barrier.arrived) + " of " +
                      std::to_string(expected ? expected : block.threadsLeft()) + " threads have arrived";
    return Step::wait;
  }
  path.arrived = false;
  if (block.races)
    block.races->acquire(warp.index, barrier.released);
  if (!reduces)
    return Step::next;
  uint32_t votes = barrier.lastVotes;
  if (instruction.operation == Operation::popc)
    forLanes(warp.active, [&](unsigned at) { warp.set(instruction.operands[0], at, votes); });
  else
    warp.setPredicate(instruction.operands[0],
                      (instruction.operation == Operation::bitAnd ? votes == barrier.lastArrived : votes != 0) ? ~0u
                                                                                                               : 0);
  return Step::next;
}

/// barrier.cluster: the cluster is the block.
Step clusterBarrier(Warp &warp, const Instruction &instruction) {
  Block &block = warp.block;
  Barrier &barrier = block.clusterBarrier;
  if (instruction.opcode == Opcode::clusterArrive) {
    warp.clusterGeneration = barrier.generation;
    if (!arrive(warp, barrier, 0, 0))
      return Step::wait;
    completeIfFull(block, barrier);
    return Step::next;
  }
  completeIfFull(block, barrier);
  if (barrier.generation == warp.clusterGeneration) {
    if (block.explains)
      block.waiting = "the cluster's barrier, where " + std::to_string(barrier.arrived) + " of " +
                      std::to_string(block.threadsLeft()) + " threads have arrived";
    return Step::wait;
  }
  if (block.races)
    block.races->acquire(warp.index, barrier.released);
  return Step::next;
}

Step initialise(Warp &warp, const Instruction &instruction) {
  Block &block = warp.block;
  for (uint32_t left = warp.active; left; left &= left - 1) {
    unsigned lane = unsigned(__builtin_ctz(left));
    uint32_t address = uint32_t(warp.value(instruction.operands[1], lane)), byte;
    if (!block.sharedBytes(warp, int(lane), address, 8, 8, byte))
      return Step::wait;
    if (instruction.opcode == Opcode::mbarInval) {
      block.mbarriers.erase(address);
      continue;
    }
    uint32_t count = uint32_t(warp.value(instruction.operands[2], lane));
    if (count == 0 || count >= 1u << 20)
      return block.fault(warp, int(lane), "an mbarrier for %u arrivals; 1 to 1048575 are possible", count);
    Mbarrier &mbarrier = block.mbarriers[address];
    ++block.events;
    mbarrier = {};
    mbarrier.expected = mbarrier.pending = count;
    mbarrier.agent = mbarrierAgent + byte / 8 % mbarrierAgents;
    if (block.races)
      block.races->touch(byte, 8);
  }
  return Step::next;
}

Step arriveAtMbarrier(Warp &warp, const Instruction &instruction) {
  Block &block = warp.block;
  bool announces = instruction.flags & flag::expectTx || instruction.opcode == Opcode::mbarExpectTx;
  bool arrives = instruction.opcode == Opcode::mbarArrive;
  bool hasValue = instruction.operands[2].kind != Operand::Kind::none;
  Mbarrier *previous = nullptr;
  for (uint32_t left = warp.active; left; left &= left - 1) {
    unsigned lane = unsigned(__builtin_ctz(left));
    Mbarrier *mbarrier = block.mbarrierAt(warp, int(lane), warp.value(instruction.operands[1], lane));
    if (!mbarrier)
      return Step::wait;
    uint32_t value = hasValue ? uint32_t(warp.value(instruction.operands[2], lane)) : 1;
    uint32_t arrivals = !arrives ? 0 : announces ? 1 : value;
    if (instruction.operands[0].kind != Operand::Kind::none)
      warp.set(instruction.operands[0], lane, mbarrier->phase);
    if (announces)
      mbarrier->bytes += value;
    if (arrivals > mbarrier->pending)
      return block.fault(warp, int(lane), "%u arrivals, but the phase lacks only %u of %u", arrivals, mbarrier->pending,
                         mbarrier->expected);
    if (instruction.flags & flag::noComplete && arrivals == mbarrier->pending)
      return block.fault(warp, int(lane), "an arrival that promises not to complete the phase is its last");
    if (block.races && arrives && mbarrier != previous)
      block.races->release(warp.index, mbarrier->gathering);
    previous = mbarrier;
    mbarrier->pending -= arrivals;
    ++block.events;
    if (instruction.flags & flag::drop)
      --mbarrier->expected;
    block.completePhase(*mbarrier);
  }
  return Step::next;
}

Step waitForMbarrier(Warp &warp, const Instruction &instruction) {
  Block &block = warp.block;
  uint32_t done = 0;
  for (uint32_t left = warp.active; left; left &= left - 1) {
    unsigned lane = unsigned(__builtin_ctz(left));
    uint64_t address = warp.value(instruction.operands[1], lane);
    Mbarrier *mbarrier = block.mbarrierAt(warp, int(lane), address);
    if (!mbarrier)
      return Step::wait;
    uint64_t asked = warp.value(instruction.operands[2], lane);
    bool parity = instruction.flags & flag::parity;
    if (parity && asked > 1)
      return block.fault(warp, int(lane), "a parity of %" PRIu64 "; it is 0 or 1", asked);
    bool complete = parity ? (mbarrier->phase & 1) != asked : mbarrier->phase != asked;
    if (complete) {
      done |= 1u << lane;
      continue;
    }
    mbarrier->awaited = true;
    if (block.explains)
      block.waiting = "phase " + std::to_string(mbarrier->phase) + " of the mbarrier at shared address " +
                      std::to_string(uint32_t(address)) + ", which lacks " + std::to_string(mbarrier->pending) +
                      " of " + std::to_string(mbarrier->expected) + " arrivals and " + std::to_string(mbarrier->bytes) +
                      " bytes";
  }
  if (done != warp.active) {
    // A try_wait may give up at any time. Late, it does so at once: a kernel that does not try again shows it.
    if ((instruction.flags & flag::blocking) && block.mode == Mode::early)
      return Step::wait;
    warp.polled = true;
    warp.paths[warp.current].blocked = true; // let others go on; the answer is no
  }
  if (block.races)
    for (uint32_t left = done; left; left &= left - 1) {
      unsigned lane = unsigned(__builtin_ctz(left));
      uint64_t address = warp.value(instruction.operands[1], lane);
      if (lane == unsigned(__builtin_ctz(done)) || address != warp.value(instruction.operands[1], lane - 1))
        block.races->acquire(warp.index, block.mbarrierAt(warp, int(lane), address)->released);
    }
  warp.setPredicate(instruction.operands[0], done);
  return Step::next;
}

/// The address of shared memory in another block of the cluster, of which there is none.
Step mapAddress(Warp &warp, const Instruction &instruction) {
  for (uint32_t left = warp.active; left; left &= left - 1) {
    unsigned lane = unsigned(__builtin_ctz(left));
    if (uint64_t rank = warp.value(instruction.operands[2], lane); rank != 0)
      return warp.block.fault(warp, int(lane), "block %" PRIu64 " of a cluster of 1", rank);
    warp.set(instruction.operands[0], lane, warp.value(instruction.operands[1], lane));
  }
  return Step::next;
}

} // namespace

Mbarrier *Block::mbarrierAt(Warp &warp, int lane, uint64_t address) {
  auto found = mbarriers.find(uint32_t(address));
  if (found != mbarriers.end())
    return &found->second;
  fault(warp, lane, "no mbarrier is initialised at shared address %u", uint32_t(address));
  return nullptr;
}

/// Begins the next phase if nothing is missing from this one.
void Block::completePhase(Mbarrier &mbarrier) {
  if (mbarrier.pending != 0 || mbarrier.bytes != 0)
    return;
  ++mbarrier.phase;
  mbarrier.pending = mbarrier.expected;
  mbarrier.awaited = false;
  if (races)
    mbarrier.released = mbarrier.gathering;
}

Step executeBarrier(Warp &warp, const Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::barSync:
  case Opcode::barArrive:
  case Opcode::barRed:
    return waitAtBarrier(warp, instruction);
  case Opcode::clusterArrive:
  case Opcode::clusterWait:
    return clusterBarrier(warp, instruction);
  case Opcode::mbarInit:
  case Opcode::mbarInval:
    return initialise(warp, instruction);
  case Opcode::mbarArrive:
  case Opcode::mbarExpectTx:
    return arriveAtMbarrier(warp, instruction);
  case Opcode::mbarWait:
    return waitForMbarrier(warp, instruction);
  case Opcode::mapa:
    return mapAddress(warp, instruction);
  case Opcode::proxyFence:
    if (warp.block.races)
      warp.block.races->fence(warp.index);
    return Step::next;
  default: // the other fences: memory is sequentially consistent
    return Step::next;
  }
}

} // namespace attn::ptx
