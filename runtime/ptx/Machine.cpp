//===- Machine.cpp - how a block's warps take turns -===//
//
// Warps run in slices, round robin, until all have left. A round in which nothing moved performs one operation that the
// late mode has put off; if there is none, the block is dead-locked.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Machine.h"

#include <algorithm>
#include <cstdarg>
#include <cstring>

namespace attn::ptx {

/// Instructions a warp executes before the next one's turn.
static constexpr unsigned sliceLength = 512;
Warp::Warp(Block &block, unsigned index, uint32_t lanes)
    : block(block), kernel(block.kernel), index(index), present(lanes), alive(lanes) {
  constexpr size_t align = 64;
  storage.reset(new std::byte[kernel.registerBytes + align]);
  // A register that was never written holds the same on every run, and nothing useful.
  std::memset(storage.get(), 0xcd, kernel.registerBytes + align);
  file = storage.get() + (align - reinterpret_cast<uintptr_t>(storage.get()) % align) % align;
  constants = kernel.constants.data();
  paths.push_back({0, lanes});
}

Block::Block(const Module &module, const Kernel &kernel, const Launch &launch, Memory &memory, Mode mode)
    : module(module), kernel(kernel), launch(launch), memory(memory), mode(mode) {}

Step Block::fault(const Warp &warp, int lane, const char *format, ...) {
  if (!status.ok())
    return Step::wait;
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  uint32_t line = kernel.code[warp.paths.empty() ? kernel.code.size() - 1 : warp.pc()].line;
  std::string message = module.name + ":" + std::to_string(line) + ": '" + module.lineText(line).substr(0, 160) +
                        "': " + text + " (" + kernel.name + ", block " + std::to_string(coordinates[0]) + "," +
                        std::to_string(coordinates[1]) + "," + std::to_string(coordinates[2]) + ", warp " +
                        std::to_string(warp.index);
  if (lane >= 0)
    message += ", lane " + std::to_string(lane);
  status = Status(Code::device, message + ")");
  return Step::wait;
}

uint32_t Block::threadsLeft() const {
  uint32_t threads = 0;
  for (const Warp &warp : warps)
    threads += uint32_t(__builtin_popcount(warp.alive));
  return threads;
}

Status Block::start() {
  uint32_t threads = launch.block[0] * launch.block[1] * launch.block[2];
  unsigned warpCount = (threads + warpSize - 1) / warpSize;
  uint32_t bytes = kernel.staticSharedBytes + launch.dynamicSharedBytes;
  shared.assign(bytes, std::byte{0xcd});
  local.assign(size_t(kernel.localBytes) * warpCount * warpSize, std::byte{0xcd});
  warps.clear();
  warps.reserve(warpCount);
  for (unsigned i = 0; i < warpCount; ++i) {
    uint32_t lanes = std::min(threads - i * warpSize, warpSize);
    warps.emplace_back(*this, i, lanes == warpSize ? ~0u : (1u << lanes) - 1);
    fillSpecials(warps.back());
  }
  for (Barrier &barrier : barriers)
    barrier = {};
  clusterBarrier = {};
  mbarriers.clear();
  transfers.clear();
  warpGroups.clear();
  if (kernel.usesWgmma) {
    warpGroups.resize((warpCount + 3) / 4);
    for (WarpGroup &group : warpGroups)
      for (auto &registers : group.registers)
        registers.assign(kernel.registerBytes / 128, 0);
  }
  races = launch.checkShared ? std::make_unique<RaceDetector>(bytes, warpCount) : nullptr;
  return {};
}

void Block::fillSpecials(Warp &warp) {
  const uint32_t *extent = launch.block;
  for (auto [special, slot] : kernel.specials) {
    Operand operand;
    operand.slot = slot;
    uint32_t *lanes = warp.lanes<uint32_t>(operand);
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      uint32_t thread = warp.index * warpSize + lane, bit = 1u << lane;
      const uint32_t values[] = {thread % extent[0],
                                 thread / extent[0] % extent[1],
                                 thread / extent[0] / extent[1],
                                 extent[0],
                                 extent[1],
                                 extent[2],
                                 coordinates[0],
                                 coordinates[1],
                                 coordinates[2],
                                 launch.grid[0],
                                 launch.grid[1],
                                 launch.grid[2],
                                 lane,
                                 warp.index,
                                 (extent[0] * extent[1] * extent[2] + warpSize - 1) / warpSize,
                                 bit,
                                 bit - 1,
                                 bit | (bit - 1),
                                 ~(bit | (bit - 1)),
                                 ~(bit - 1),
                                 0,
                                 1,
                                 launch.dynamicSharedBytes,
                                 0,
                                 1};
      lanes[lane] = values[static_cast<unsigned>(special)];
    }
  }
}

/// Makes the lowest runnable path current, joining those that have met.
bool Block::choosePath(Warp &warp) {
  auto &paths = warp.paths;
  if (paths.size() == 1) {
    warp.current = 0;
    return !paths[0].blocked;
  }
  size_t best = paths.size();
  for (size_t i = 0; i < paths.size(); ++i)
    if (!paths[i].blocked && (best == paths.size() || paths[i].pc < paths[best].pc))
      best = i;
  if (best == paths.size())
    return false;
  for (size_t i = paths.size(); i-- > 0;) {
    if (i == best || paths[i].pc != paths[best].pc || paths[i].arrived || paths[best].arrived)
      continue;
    paths[best].mask |= paths[i].mask;
    paths.erase(paths.begin() + ptrdiff_t(i));
    best -= i < best;
  }
  warp.current = best;
  return true;
}

Step Block::execute(Warp &warp, const Instruction &instruction) {
  warp.active = warp.paths[warp.current].mask;
  if (instruction.guard >= 0) {
    Operand guard;
    guard.slot = uint32_t(instruction.guard);
    guard.negated = instruction.guardNegated;
    warp.active &= warp.predicate(guard);
    if (warp.active == 0)
      return Step::next;
  }
  if (kernel.usesWgmma && !checkProductRegisters(warp, instruction))
    return Step::wait;
  switch (instruction.family) {
  case Family::integer:
    return executeInteger(warp, instruction);
  case Family::floating:
    return executeFloating(warp, instruction);
  case Family::conversion:
    return executeConversion(warp, instruction);
  case Family::control:
    return executeControl(warp, instruction);
  case Family::warp:
    return executeWarp(warp, instruction);
  case Family::barrier:
    return executeBarrier(warp, instruction);
  case Family::memory:
    return executeMemory(warp, instruction);
  case Family::matrix:
    return executeMatrix(warp, instruction);
  case Family::wgmma:
    return executeWarpGroup(warp, instruction);
  case Family::async:
    return executeAsync(warp, instruction);
  }
  return Step::next;
}

/// Runs one warp for a while; true if it did something others may have waited for.
bool Block::slice(Warp &warp) {
  bool yielded = false;
  for (Path &path : warp.paths) {
    path.blocked = path.yields;
    yielded |= path.yields;
    path.yields = false;
  }
  warp.polled = false;
  uint64_t eventsBefore = events;
  unsigned executed = 0;
  while (executed < sliceLength && !warp.paths.empty() && choosePath(warp)) {
    const Instruction &instruction = kernel.code[warp.paths[warp.current].pc];
    Step step = execute(warp, instruction);
    if (failed())
      return false;
    if (step == Step::wait) {
      warp.paths[warp.current].blocked = true;
      continue;
    }
    ++executed;
    ++counts[static_cast<unsigned>(instruction.family)];
    if (step == Step::next)
      ++warp.paths[warp.current].pc;
  }
  // A path that spins must not keep the warp's others from running: they have the next slice to themselves.
  if (executed == sliceLength && warp.paths.size() > 1)
    warp.paths[warp.current].yields = true;
  // Asking an mbarrier in vain, again and again, is not progress unless something else happened on the way.
  return yielded || (executed > 0 && (!warp.polled || events != eventsBefore));
}

/// Performs the oldest operation that somebody waits for, or the oldest one.
bool Block::performLate() {
  if (transfers.empty())
    return false;
  auto chosen = transfers.begin();
  for (auto at = transfers.begin(); at != transfers.end(); ++at) {
    auto mbarrier = mbarriers.find(at->mbarrier);
    if (at->mbarrier != 0 && mbarrier != mbarriers.end() && mbarrier->second.awaited) {
      chosen = at;
      break;
    }
  }
  PendingTransfer transfer = std::move(*chosen);
  transfers.erase(chosen);
  performTransfer(*this, transfer);
  return true;
}

Status Block::deadLock() {
  std::string message = module.name + ": dead-lock in " + kernel.name + ", block " + std::to_string(coordinates[0]) +
                        "," + std::to_string(coordinates[1]) + "," + std::to_string(coordinates[2]);
  explains = true;
  // Warps that wait for the same in the same place share one sentence.
  std::vector<std::pair<std::string, std::string>> reasons;
  for (Warp &warp : warps)
    for (warp.current = 0; warp.current < warp.paths.size(); ++warp.current) {
      const Instruction &instruction = kernel.code[warp.pc()];
      waiting = "to be taken on";
      (void)execute(warp, instruction);
      std::string reason = "at line " + std::to_string(instruction.line) + " '" +
                           module.lineText(instruction.line).substr(0, 120) + "' for " + waiting;
      auto same = std::find_if(reasons.begin(), reasons.end(), [&](auto &entry) { return entry.first == reason; });
      if (same == reasons.end())
        reasons.emplace_back(reason, std::to_string(warp.index));
      else
        same->second += "," + std::to_string(warp.index);
    }
  for (auto &[reason, who] : reasons)
    message += "; warp " + who + " waits " + reason;
  return Status(Code::device, message);
}

/// What must not be left behind when all threads have gone.
void Block::checkEnd() {
  Warp &last = warps.back();
  last.paths.push_back({uint32_t(kernel.code.size() - 1), 0});
  last.current = 0;
  for (PendingTransfer &transfer : transfers) {
    if (failed())
      return;
    if (transfer.mbarrier != 0)
      fault(last, -1, "the block ends while the copy of line %u '%s' into its shared memory has not been waited for",
            transfer.instruction->line, module.lineText(transfer.instruction->line).substr(0, 120).c_str());
    else
      fault(last, -1, "the block ends while the store of line %u still reads its shared memory; wait for its group",
            transfer.instruction->line);
  }
  for (unsigned i = 0; i < warpGroups.size() * 4; ++i)
    if (auto &inFlight = warpGroups[i / 4].inFlight[i % 4]; !inFlight.empty() && !failed())
      fault(last, -1, "the block ends while the wgmma of line %u has not been waited for",
            inFlight.front().instruction->line);
}

Status Block::run(const uint32_t at[3]) {
  std::copy(at, at + 3, coordinates);
  ATTN_RETURN_IF_ERROR(start());
  uint64_t limit = launch.instructionLimit, before = 0;
  for (uint64_t count : counts)
    before += count;
  while (true) {
    bool left = false, progress = false;
    for (Warp &warp : warps) {
      if (warp.paths.empty())
        continue;
      left = true;
      progress |= slice(warp);
      if (failed())
        return status;
    }
    if (!left)
      break;
    if (!progress && !performLate())
      return deadLock();
    if (failed())
      return status;
    uint64_t total = 0;
    for (uint64_t count : counts)
      total += count;
    auto busy = std::find_if(warps.begin(), warps.end(), [](const Warp &warp) { return !warp.paths.empty(); });
    if (total - before > limit && busy != warps.end()) {
      busy->current = 0;
      fault(*busy, -1,
            "the block is not done after %llu warp instructions; it loops forever, or Launch::instructionLimit is too "
            "low",
            static_cast<unsigned long long>(limit));
      return status;
    }
  }
  checkEnd();
  return status;
}

} // namespace attn::ptx
