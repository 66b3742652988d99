//===- Races.cpp - who may see whose shared memory -===//
//
// One reader is kept in the cell; only where several read between two writes is there a list.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Races.h"

#include <algorithm>

namespace attn::ptx {

void Knowledge::join(const Knowledge &other) {
  for (unsigned i = 0; i < agentCount; ++i) {
    seen[i] = std::max(seen[i], other.seen[i]);
    fenced[i] = std::max(fenced[i], other.fenced[i]);
  }
}

void Knowledge::meet(const Knowledge &other) {
  for (unsigned i = 0; i < agentCount; ++i) {
    seen[i] = std::min(seen[i], other.seen[i]);
    fenced[i] = std::min(fenced[i], other.fenced[i]);
  }
}

static bool ordered(Epoch epoch, const Knowledge &knowledge) {
  return epoch == 0 || clockOf(epoch) <= knowledge.seen[agentOf(epoch)];
}

/// Writes by ordinary instructions, cp.async among them, reach the asynchronous proxy only through a fence.
static bool fenced(Epoch epoch, const Knowledge &knowledge) {
  return epoch == 0 || agentOf(epoch) >= bulkAgent || clockOf(epoch) <= knowledge.fenced[agentOf(epoch)];
}

RaceDetector::RaceDetector(uint32_t sharedBytes, unsigned warpCount) : cells((sharedBytes + 3) / 4), warps(warpCount) {
  // Clocks begin at 1, so that an epoch is never 0.
  for (unsigned i = 0; i < warpCount; ++i)
    warps[i].seen[i] = 1;
}

void RaceDetector::release(unsigned warp, Knowledge &object) {
  object.join(warps[warp]);
  ++warps[warp].seen[warp];
}

void RaceDetector::fence(unsigned warp) {
  Knowledge &knowledge = warps[warp];
  knowledge.fenced = knowledge.seen;
  ++knowledge.seen[warp];
}

template <typename Check> Conflict RaceDetector::forCells(uint32_t byte, uint32_t bytes, Check check) {
  uint32_t end = byte + bytes;
  for (uint32_t at = byte; at < end;) {
    uint32_t first = at & 3, count = std::min(4 - first, end - at);
    uint32_t mask = ((1u << count) - 1) << first;
    Conflict conflict = check(cells[at / 4], mask);
    if (conflict.kind != Conflict::Kind::none) {
      conflict.byte = at;
      return conflict;
    }
    at += count;
  }
  return {};
}

void RaceDetector::record(Cell &cell, const Access &access, uint32_t at) {
  if (cell.reader == 0 || cell.reader == access.actor ||
      (agentOf(cell.reader) != agentOf(manyReaders) && ordered(cell.reader, *access.knowledge))) {
    // An earlier read that this one is ordered after need not be remembered, unless it covered other bytes.
    uint32_t kept = cell.reader == access.actor ? cell.readerAt & 0xf0000000u : 0;
    cell.reader = access.actor;
    cell.readerAt = at | kept;
    return;
  }
  if (agentOf(cell.reader) != agentOf(manyReaders)) {
    if (freeReaders.empty()) {
      freeReaders.push_back(uint32_t(readers.size()));
      readers.emplace_back();
    }
    uint32_t index = freeReaders.back();
    freeReaders.pop_back();
    readers[index].assign(1, {cell.reader, cell.readerAt});
    cell.reader = manyReaders | index;
  }
  std::vector<Reader> &list = readers[clockOf(cell.reader)];
  for (Reader &reader : list)
    if (agentOf(reader.epoch) == agentOf(access.actor)) {
      reader = {access.actor, at | (reader.at & 0xf0000000u)};
      return;
    }
  list.push_back({access.actor, at});
}

const RaceDetector::Reader *RaceDetector::unorderedReader(const Cell &cell, const Access &access, uint32_t mask,
                                                          Reader &single) const {
  auto conflicts = [&](const Reader &reader) {
    return (reader.at >> 28 & mask) && reader.epoch != access.actor && !ordered(reader.epoch, *access.knowledge);
  };
  if (agentOf(cell.reader) != agentOf(manyReaders)) {
    single = {cell.reader, cell.readerAt};
    return cell.reader && conflicts(single) ? &single : nullptr;
  }
  for (const Reader &reader : readers[clockOf(cell.reader)])
    if (conflicts(reader))
      return &reader;
  return nullptr;
}

Conflict RaceDetector::read(const Access &access, uint32_t byte, uint32_t bytes) {
  return forCells(byte, bytes, [&](Cell &cell, uint32_t mask) -> Conflict {
    uint32_t pc = cell.writerAt & 0x0fffffff;
    if (cell.writer == 0)
      return {Conflict::Kind::uninitialised, 0, 0, 0};
    if ((cell.writerAt >> 28 & mask) && cell.writer != access.actor) {
      if (!ordered(cell.writer, *access.knowledge))
        return {Conflict::Kind::readOfWrite, cell.writer, pc, 0};
      if (access.asyncProxy && !fenced(cell.writer, *access.knowledge))
        return {Conflict::Kind::missingFence, cell.writer, pc, 0};
    }
    record(cell, access, access.pc | mask << 28);
    return {};
  });
}

Conflict RaceDetector::write(const Access &access, uint32_t byte, uint32_t bytes) {
  return forCells(byte, bytes, [&](Cell &cell, uint32_t mask) -> Conflict {
    if ((cell.writerAt >> 28 & mask) && cell.writer != access.actor && !ordered(cell.writer, *access.knowledge))
      return {Conflict::Kind::writeOverWrite, cell.writer, cell.writerAt & 0x0fffffff, 0};
    Reader single;
    if (const Reader *reader = unorderedReader(cell, access, mask, single))
      return {Conflict::Kind::writeOverRead, reader->epoch, reader->at & 0x0fffffff, 0};
    uint32_t kept = cell.writer == access.actor ? cell.writerAt & 0xf0000000u : 0;
    cell.writer = access.actor;
    cell.writerAt = access.pc | mask << 28 | kept;
    if (mask == 0xf) {
      if (agentOf(cell.reader) == agentOf(manyReaders))
        freeReaders.push_back(clockOf(cell.reader));
      cell.reader = 0;
    }
    return {};
  });
}

void RaceDetector::touch(uint32_t byte, uint32_t bytes) {
  (void)forCells(byte, bytes, [&](Cell &cell, uint32_t) -> Conflict {
    cell = {};
    cell.writer = epochOf(mbarrierAgent, 0); // clock 0: known to everybody
    return {};
  });
}

} // namespace attn::ptx
