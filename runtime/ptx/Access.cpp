//===- Access.cpp - from an address to bytes -===//
//
// The only way to memory: every access is checked for alignment and bounds, and on shared memory for races.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Machine.h"

#include <cinttypes>

namespace attn::ptx {

std::byte *Block::sharedBytes(Warp &warp, int lane, uint64_t address, uint32_t bytes, uint32_t align, uint32_t &byte) {
  if (address % align != 0) {
    fault(warp, lane, "shared address %" PRIu64 " is not a multiple of %u", address, align);
    return nullptr;
  }
  if (address < sharedBase || address - sharedBase + bytes > shared.size()) {
    fault(warp, lane, "shared address %" PRIu64 " + %u bytes is out of bounds: the block's begins at %u and has %zu",
          address, bytes, sharedBase, shared.size());
    return nullptr;
  }
  byte = uint32_t(address - sharedBase);
  return shared.data() + byte;
}

std::byte *Block::globalBytes(Warp &warp, int lane, uint64_t address, uint32_t bytes, bool write) {
  bool inLast = lastRange && address >= lastRange->begin && address + bytes <= lastRange->end;
  if (!inLast)
    lastRange = memory.find(address, bytes);
  if (!lastRange) {
    fault(warp, lane, "global address 0x%" PRIx64 " + %u bytes is out of bounds: %s", address, bytes,
          memory.describe(address).c_str());
    return nullptr;
  }
  if (write) {
    if (!lastRange->writable) {
      fault(warp, lane, "'%s' is not writable", lastRange->name.c_str());
      return nullptr;
    }
    memory.willWrite(address, bytes);
  }
  return reinterpret_cast<std::byte *>(address);
}

bool Block::checkShared(const Warp &warp, Epoch actor, bool asyncProxy, uint32_t byte, uint32_t bytes, bool write,
                        const Knowledge *knowledge) {
  if (!races)
    return true;
  RaceDetector::Access access;
  access.knowledge = knowledge ? knowledge : &races->of(warp.index);
  access.actor = actor;
  access.asyncProxy = asyncProxy;
  access.pc = warp.paths.empty() ? 0 : warp.pc();
  Conflict conflict = write ? races->write(access, byte, bytes) : races->read(access, byte, bytes);
  if (conflict.kind == Conflict::Kind::none)
    return true;
  uint32_t line = kernel.code[conflict.otherPc].line, address = conflict.byte + sharedBase;
  std::string text = module.lineText(line).substr(0, 120);
  unsigned other = agentOf(conflict.other);
  const char *verb = write ? "writes" : "reads";
  auto report = [&](const char *what, const char *remedy) {
    fault(warp, -1, "%s shared address %u, %s at line %u '%s'; %s", verb, address, what, line, text.c_str(), remedy);
    return false;
  };
  switch (conflict.kind) {
  case Conflict::Kind::uninitialised:
    fault(warp, -1, "reads shared address %u, which nobody has written yet; a write, or a barrier after it, is missing",
          address);
    return false;
  case Conflict::Kind::missingFence:
    return report("written by ordinary instructions", "fence.proxy.async is missing between the two");
  default:
    break;
  }
  bool wasRead = conflict.kind == Conflict::Kind::writeOverRead;
  if (other < copyAgent)
    return report(wasRead ? "read by another warp" : "written by another warp",
                  "a race: no barrier lies between the two");
  if (other < bulkAgent)
    return report("the destination of cp.async", "no cp.async.wait_group, or no barrier after it, lies between");
  if (other < wgmmaAgent)
    return report("the source of a bulk store", "no cp.async.bulk.wait_group lies between");
  if (other < mbarrierAgent)
    return report("read by wgmma", "no wgmma.wait_group, or no barrier after it, lies between");
  return report("the destination of a bulk copy", "its mbarrier has not been waited for");
}

std::byte *Block::resolve(Warp &warp, unsigned lane, Space space, uint64_t address, uint32_t bytes, bool write) {
  if (space == Space::generic) {
    uint64_t window = address & windowMask;
    address &= ~windowMask;
    space = window == sharedWindow  ? Space::shared
            : window == localWindow ? Space::local
            : window == paramWindow ? Space::param
                                    : Space::global;
    if (space == Space::global)
      address |= window;
  }
  switch (space) {
  case Space::shared: {
    uint32_t byte;
    std::byte *at = sharedBytes(warp, int(lane), address & ~windowMask, bytes, bytes, byte);
    if (at && races && !checkShared(warp, races->now(warp.index), false, byte, bytes, write))
      return nullptr;
    return at;
  }
  case Space::local:
    address &= ~windowMask;
    if (address % bytes != 0 || address + bytes > kernel.localBytes) {
      fault(warp, int(lane), "local address %" PRIu64 " + %u bytes is out of bounds or misaligned: a thread has %u",
            address, bytes, kernel.localBytes);
      return nullptr;
    }
    return local.data() + (size_t(warp.index) * warpSize + lane) * kernel.localBytes + address;
  case Space::param:
    if (write || address + bytes > launch.params.size()) {
      fault(warp, int(lane), "parameter bytes %" PRIu64 " to %" PRIu64 " cannot be accessed: there are %zu, to read",
            address, address + bytes, launch.params.size());
      return nullptr;
    }
    return const_cast<std::byte *>(launch.params.data()) + address;
  default:
    if (address % bytes != 0) {
      fault(warp, int(lane), "global address 0x%" PRIx64 " is not a multiple of the access's %u bytes", address, bytes);
      return nullptr;
    }
    return globalBytes(warp, int(lane), address, bytes, write);
  }
}

} // namespace attn::ptx
