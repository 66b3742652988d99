//===- Async.cpp - cp.async, bulk and tensor copies -===//
//
// Every copy is checked when it is issued, in both modes, so that a report names its line; early performs it there,
// late when it is waited for. Copies that end at an mbarrier are performed late when no thread can go on; stores when
// their group is waited for.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Lanes.h"
#include "runtime/ptx/TensorMap.h"

#include <algorithm>
#include <cinttypes>
#include <cstring>

namespace attn::ptx {

namespace {

void perform(Block &block, const PendingCopy &copy) {
  std::byte *to = block.shared.data() + copy.to;
  if (copy.sourceBytes)
    std::memcpy(to, reinterpret_cast<const void *>(copy.from), copy.sourceBytes);
  std::memset(to + copy.sourceBytes, 0, size_t(copy.bytes - copy.sourceBytes));
}

Step copyAsync(Warp &warp, const Instruction &instruction) {
  Block &block = warp.block;
  uint32_t bytes = uint32_t(instruction.immediate);
  Epoch actor = epochOf(copyAgent + warp.index, warp.copyClock);
  for (uint32_t left = warp.active; left; left &= left - 1) {
    unsigned lane = unsigned(__builtin_ctz(left));
    uint32_t sourceBytes = bytes, byte;
    if (instruction.operands[2].kind != Operand::Kind::none)
      sourceBytes = uint32_t(warp.value(instruction.operands[2], lane));
    if (sourceBytes > bytes)
      return block.fault(warp, int(lane), "copies %u bytes out of %u", sourceBytes, bytes);
    uint64_t to = warp.value(instruction.operands[0], lane), from = warp.value(instruction.operands[1], lane);
    if (!block.sharedBytes(warp, int(lane), to, bytes, bytes, byte) ||
        !block.checkShared(warp, actor, false, byte, bytes, true))
      return Step::wait;
    if (from % bytes != 0)
      return block.fault(warp, int(lane), "global address 0x%" PRIx64 " is not a multiple of %u", from, bytes);
    if (sourceBytes && !block.globalBytes(warp, int(lane), from, sourceBytes, false))
      return Step::wait;
    PendingCopy copy{from, byte, uint8_t(bytes), uint8_t(sourceBytes)};
    if (block.mode == Mode::late)
      warp.openCopies.push_back(copy);
    else
      perform(block, copy);
  }
  return Step::next;
}

void commitCopies(Warp &warp) {
  warp.copyGroups.push_back(std::move(warp.openCopies));
  warp.openCopies.clear();
  warp.copyGroupClocks.push_back(warp.copyClock++);
}

Step waitForCopies(Warp &warp, const Instruction &instruction) {
  if (instruction.flags & flag::waitAll)
    commitCopies(warp);
  size_t committed = warp.copyGroupClocks.size(), allowed = size_t(instruction.immediate);
  if (committed <= allowed)
    return Step::next;
  size_t target = committed - allowed;
  for (; warp.copyGroupsPerformed < target; ++warp.copyGroupsPerformed) {
    for (const PendingCopy &copy : warp.copyGroups.front())
      perform(warp.block, copy);
    warp.copyGroups.pop_front();
  }
  if (warp.block.races) {
    uint32_t &seen = warp.block.races->of(warp.index).seen[copyAgent + warp.index];
    seen = std::max(seen, warp.copyGroupClocks[target - 1]);
  }
  return Step::next;
}

/// cp.async.mbarrier.arrive: each lane arrives when its copies so far are done.
Step arriveAfterCopies(Warp &warp, const Instruction &instruction) {
  Block &block = warp.block;
  PendingTransfer transfer{};
  transfer.instruction = &instruction;
  transfer.warp = warp.index;
  std::vector<PendingTransfer> later;
  for (uint32_t left = warp.active; left; left &= left - 1) {
    unsigned lane = unsigned(__builtin_ctz(left));
    uint32_t address = uint32_t(warp.value(instruction.operands[1], lane));
    Mbarrier *mbarrier = block.mbarrierAt(warp, int(lane), address);
    if (!mbarrier)
      return Step::wait;
    if (!(instruction.flags & flag::noinc))
      ++mbarrier->pending;
    if (mbarrier->pending == 0)
      return block.fault(warp, int(lane), "an arrival, but the phase lacks none of %u", mbarrier->expected);
    if (block.races)
      mbarrier->gathering.seen[copyAgent + warp.index] = warp.copyClock;
    transfer.mbarrier = address;
    later.push_back(transfer);
  }
  ++warp.copyClock;
  if (block.mode == Mode::late && !later.empty()) {
    // All copies of the warp so far, whichever group they are in: a wait for the group finds it empty.
    for (auto &group : warp.copyGroups) {
      later[0].copies.insert(later[0].copies.end(), group.begin(), group.end());
      group.clear();
    }
    later[0].copies.insert(later[0].copies.end(), warp.openCopies.begin(), warp.openCopies.end());
    warp.openCopies.clear();
    block.transfers.insert(block.transfers.end(), later.begin(), later.end());
    return Step::next;
  }
  for (PendingTransfer &arrival : later)
    performTransfer(block, arrival);
  return Step::next;
}

/// The map that a tensor copy names, after checking all that does not depend on the coordinates.
bool readTensorMap(Warp &warp, unsigned lane, const Instruction &instruction, TensorMap &map) {
  Block &block = warp.block;
  uint64_t address = warp.value(instruction.operands[1], lane);
  if ((address & ~windowMask) % 64 != 0) {
    block.fault(warp, int(lane), "the tensor map's address 0x%" PRIx64 " is not a multiple of 64", address);
    return false;
  }
  const std::byte *halves[2];
  for (unsigned i = 0; i < 2; ++i) {
    halves[i] = block.resolve(warp, lane, Space::generic, address + 64 * i, 64, false);
    if (!halves[i])
      return false;
    std::memcpy(reinterpret_cast<std::byte *>(&map) + 64 * i, halves[i], 64);
  }
  if (map.magic != TensorMap::signature || map.rank != uint32_t(instruction.immediate)) {
    block.fault(warp, int(lane), "no tensor map of rank %u lies at 0x%" PRIx64 "; encode one with encodeTensorMap",
                uint32_t(instruction.immediate), address);
    return false;
  }
  uint64_t span = uint64_t(map.sizes[0]) * map.elementBytes;
  for (uint32_t i = 1; i < map.rank; ++i)
    span += uint64_t(map.sizes[i] - 1) * map.strides[i - 1];
  return block.globalBytes(warp, int(lane), map.base, span, false) != nullptr;
}

uint32_t boxBytes(const TensorMap &map) {
  uint32_t bytes = map.elementBytes;
  for (uint32_t i = 0; i < map.rank; ++i)
    bytes *= map.box[i];
  return bytes;
}

/// Copies a box between shared memory at `byte` and the tensor, row by row of the fastest dimension.
void copyBox(Block &block, const TensorMap &map, const int32_t *coordinates, uint32_t byte, bool store) {
  uint32_t rowBytes = map.box[0] * map.elementBytes, rows = boxBytes(map) / rowBytes;
  // The part of a row that lies in the tensor.
  int64_t first = std::clamp<int64_t>(-int64_t(coordinates[0]), 0, map.box[0]) * map.elementBytes;
  int64_t last = std::clamp<int64_t>(int64_t(map.sizes[0]) - coordinates[0], 0, map.box[0]) * map.elementBytes;
  for (uint32_t row = 0; row < rows; ++row) {
    bool inside = first < last;
    uint64_t global = map.base + uint64_t(int64_t(coordinates[0]) * map.elementBytes);
    uint32_t rest = row;
    for (uint32_t i = 1; i < map.rank; ++i) {
      int64_t index = int64_t(coordinates[i]) + rest % map.box[i];
      rest /= map.box[i];
      inside &= index >= 0 && index < int64_t(map.sizes[i]);
      global += uint64_t(index) * map.strides[i - 1];
    }
    if (store && inside)
      block.memory.willWrite(global + uint64_t(first), uint64_t(last - first));
    for (uint32_t chunk = 0; chunk < rowBytes; chunk += 16) {
      uint32_t address = swizzled(byte + sharedBase + row * rowBytes + chunk, map.swizzle);
      std::byte *shared = block.shared.data() + address - sharedBase;
      int64_t begin = std::max<int64_t>(first, chunk), end = std::min<int64_t>(last, chunk + 16);
      if (!store && (!inside || begin > chunk || end < chunk + 16))
        std::memset(shared, 0, 16);
      if (!inside || begin >= end)
        continue;
      auto *outside = reinterpret_cast<std::byte *>(global + uint64_t(begin));
      if (store)
        std::memcpy(outside, shared + (begin - chunk), size_t(end - begin));
      else
        std::memcpy(shared + (begin - chunk), outside, size_t(end - begin));
    }
  }
}

/// Shared memory of a bulk copy: bounds, alignment and races.
bool checkBulkShared(Warp &warp, unsigned lane, uint64_t address, uint32_t bytes, uint32_t align, Epoch actor,
                     bool store, uint32_t &byte) {
  Block &block = warp.block;
  return block.sharedBytes(warp, int(lane), address, bytes, align, byte) &&
         block.checkShared(warp, actor, store, byte, bytes, !store);
}

Step bulkCopy(Warp &warp, const Instruction &instruction) {
  Block &block = warp.block;
  bool tensor = instruction.opcode == Opcode::tmaLoad || instruction.opcode == Opcode::tmaStore;
  bool store = instruction.opcode == Opcode::tmaStore || instruction.opcode == Opcode::bulkStore;
  for (uint32_t left = warp.active; left; left &= left - 1) {
    unsigned lane = unsigned(__builtin_ctz(left));
    PendingTransfer transfer{};
    transfer.instruction = &instruction;
    transfer.warp = warp.index;
    // A tensor copy has its shared side in operand 0 either way, a plain one where its direction puts it.
    unsigned sharedOperand = !tensor && store ? 1 : 0;
    uint64_t sharedAddress = warp.value(instruction.operands[sharedOperand], lane);
    uint64_t globalAddress = warp.value(instruction.operands[1 - sharedOperand], lane);
    TensorMap map;
    if (tensor) {
      if (!readTensorMap(warp, lane, instruction, map))
        return Step::wait;
      transfer.bytes = boxBytes(map);
      for (uint32_t i = 0; i < map.rank; ++i)
        transfer.coordinates[i] = int32_t(warp.value(warp.element(instruction.operands[3], i), lane));
    } else {
      transfer.bytes = uint32_t(warp.value(instruction.operands[3], lane));
      if (transfer.bytes % 16 != 0 || globalAddress % 16 != 0)
        return block.fault(warp, int(lane), "%u bytes at 0x%" PRIx64 "; both must be multiples of 16", transfer.bytes,
                           globalAddress);
      if (transfer.bytes && !block.globalBytes(warp, int(lane), globalAddress, transfer.bytes, store))
        return Step::wait;
    }
    if (tensor && store && !block.memory.find(map.base, 1)->writable)
      return block.fault(warp, int(lane), "the tensor's memory is not writable");
    Mbarrier *mbarrier = nullptr;
    Epoch actor = epochOf(bulkAgent + warp.index, warp.bulkGroups + 1);
    if (!store) {
      transfer.mbarrier = uint32_t(warp.value(instruction.operands[2], lane));
      mbarrier = block.mbarrierAt(warp, int(lane), transfer.mbarrier);
      if (!mbarrier)
        return Step::wait;
      actor = epochOf(mbarrier->agent, ++mbarrier->copies);
    }
    uint32_t byte;
    if (!checkBulkShared(warp, lane, sharedAddress, transfer.bytes, tensor ? 128 : 16, actor, store, byte))
      return Step::wait;
    if (mbarrier && block.races)
      mbarrier->gathering.seen[mbarrier->agent] = mbarrier->copies;
    transfer.bulkGroup = warp.bulkGroups + 1;
    transfer.to = byte;
    transfer.from = globalAddress;
    if (tensor)
      std::memcpy(transfer.map, &map, sizeof map);
    if (block.mode == Mode::late)
      block.transfers.push_back(transfer);
    else
      performTransfer(block, transfer);
  }
  return Step::next;
}

Step waitForBulk(Warp &warp, const Instruction &instruction) {
  Block &block = warp.block;
  uint32_t allowed = uint32_t(instruction.immediate);
  if (warp.bulkGroups <= allowed)
    return Step::next;
  uint32_t target = warp.bulkGroups - allowed;
  for (size_t i = 0; i < block.transfers.size();) {
    PendingTransfer &transfer = block.transfers[i];
    if (transfer.mbarrier != 0 || transfer.warp != warp.index || transfer.bulkGroup > target) {
      ++i;
      continue;
    }
    performTransfer(block, transfer);
    block.transfers.erase(block.transfers.begin() + ptrdiff_t(i));
  }
  if (block.races) {
    uint32_t &seen = block.races->of(warp.index).seen[bulkAgent + warp.index];
    seen = std::max(seen, target);
  }
  return Step::next;
}

} // namespace

void performTransfer(Block &block, PendingTransfer &transfer) {
  ++block.events;
  Mbarrier *mbarrier = nullptr;
  if (transfer.mbarrier != 0) {
    auto found = block.mbarriers.find(transfer.mbarrier);
    if (found == block.mbarriers.end()) {
      block.fault(block.warps[transfer.warp], -1, "the mbarrier of the copy of line %u was invalidated under it",
                  transfer.instruction->line);
      return;
    }
    mbarrier = &found->second;
  }
  std::byte *shared = block.shared.data() + transfer.to;
  TensorMap map;
  std::memcpy(&map, transfer.map, sizeof map);
  switch (transfer.instruction->opcode) {
  case Opcode::cpMbarArrive:
    for (const PendingCopy &copy : transfer.copies)
      perform(block, copy);
    --mbarrier->pending;
    break;
  case Opcode::tmaLoad:
  case Opcode::tmaStore:
    copyBox(block, map, transfer.coordinates, uint32_t(transfer.to), transfer.instruction->opcode == Opcode::tmaStore);
    break;
  case Opcode::bulkLoad:
    std::memcpy(shared, reinterpret_cast<const void *>(transfer.from), transfer.bytes);
    break;
  default:
    std::memcpy(reinterpret_cast<void *>(transfer.from), shared, transfer.bytes);
  }
  if (!mbarrier)
    return;
  mbarrier->bytes -= transfer.bytes;
  block.completePhase(*mbarrier);
}

Step executeAsync(Warp &warp, const Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::cpAsync:
    return copyAsync(warp, instruction);
  case Opcode::cpCommit:
    commitCopies(warp);
    return Step::next;
  case Opcode::cpWait:
    return waitForCopies(warp, instruction);
  case Opcode::cpMbarArrive:
    return arriveAfterCopies(warp, instruction);
  case Opcode::bulkCommit:
    ++warp.bulkGroups;
    return Step::next;
  case Opcode::bulkWait:
    return waitForBulk(warp, instruction);
  case Opcode::nop:
    return Step::next;
  default:
    return bulkCopy(warp, instruction);
  }
}

} // namespace attn::ptx
