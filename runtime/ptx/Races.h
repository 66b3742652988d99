//===- Races.h - who may see whose shared memory -*- C++ -*-===//
//
// Happens-before over the shared memory of one block, after FastTrack (Flanagan and Freund, "FastTrack: efficient and
// precise dynamic race detection", PLDI 2009). Every agent has a clock: a warp, and each asynchronous engine that acts
// for it (its cp.async groups, its bulk groups, the wgmma groups of a warp group, the copies that complete on an
// mbarrier). Every warp knows, per agent, up to which of its clocks it has waited; barriers, mbarriers and waits join
// that knowledge. A cell per 4 bytes remembers the last write and the reads since, with the bytes and the instruction;
// an access that is not ordered after them is a race, whatever order this run happened to take.
//
// Knowledge is kept twice: what a warp may touch by ordinary instructions, and what the asynchronous proxy (wgmma, TMA)
// may touch on its behalf, which lags until a `fence.proxy.async`.
//
// Threads of one warp count as one agent.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PTX_RACES_H
#define ATTN_RUNTIME_PTX_RACES_H

#include <array>
#include <cstdint>
#include <vector>

namespace attn::ptx {

/// Agents are numbered: warps, then each warp's cp.async engine, bulk engine, warp groups' wgmma, mbarriers.
constexpr unsigned copyAgent = 32, bulkAgent = 64, wgmmaAgent = 96, mbarrierAgent = 104;
constexpr unsigned mbarrierAgents = 64; ///< more mbarriers than this share agents, which may hide a race
constexpr unsigned agentCount = mbarrierAgent + mbarrierAgents;

/// An agent and its clock, in one word; 0 is nobody.
using Epoch = uint32_t;
constexpr Epoch epochOf(unsigned agent, uint32_t clock) { return agent << 24 | (clock & 0xffffff); }
constexpr unsigned agentOf(Epoch epoch) { return epoch >> 24; }
constexpr uint32_t clockOf(Epoch epoch) { return epoch & 0xffffff; }

struct Knowledge {
  std::array<uint32_t, agentCount> seen{};   ///< by ordinary accesses
  std::array<uint32_t, agentCount> fenced{}; ///< by the asynchronous proxy
  void join(const Knowledge &other);
  void meet(const Knowledge &other);
};

/// What is wrong with an access.
struct Conflict {
  enum class Kind : uint8_t { none, uninitialised, readOfWrite, writeOverWrite, writeOverRead, missingFence };
  Kind kind = Kind::none;
  Epoch other = 0;
  uint32_t otherPc = 0;
  uint32_t byte = 0; ///< of shared memory
};

class RaceDetector {
public:
  RaceDetector(uint32_t sharedBytes, unsigned warps);

  struct Access {
    const Knowledge *knowledge; ///< of the warp on whose behalf it happens
    Epoch actor;                ///< who is recorded
    bool asyncProxy = false;
    uint32_t pc = 0;
  };
  /// `byte` counts from the start of shared memory and the access lies within it.
  Conflict read(const Access &access, uint32_t byte, uint32_t bytes);
  Conflict write(const Access &access, uint32_t byte, uint32_t bytes);
  /// A write that is a synchronisation itself: initialises without being checked.
  void touch(uint32_t byte, uint32_t bytes);

  Knowledge &of(unsigned warp) { return warps[warp]; }
  Epoch now(unsigned warp) const { return epochOf(warp, warps[warp].seen[warp]); }
  /// Gives what `warp` knows to `object`; what the warp does next is later.
  void release(unsigned warp, Knowledge &object);
  void acquire(unsigned warp, const Knowledge &object) { warps[warp].join(object); }
  /// fence.proxy.async: all that the warp knows holds for the asynchronous proxy too.
  void fence(unsigned warp);

private:
  struct Cell {
    Epoch writer = 0;
    uint32_t writerAt = 0; ///< instruction, and the bytes of the cell in the top four bits
    Epoch reader = 0;      ///< or `manyReaders` and an index
    uint32_t readerAt = 0;
  };
  struct Reader {
    Epoch epoch;
    uint32_t at;
  };
  static constexpr Epoch manyReaders = 0xff000000u;

  template <typename Check> Conflict forCells(uint32_t byte, uint32_t bytes, Check check);
  void record(Cell &cell, const Access &access, uint32_t at);
  const Reader *unorderedReader(const Cell &cell, const Access &access, uint32_t mask, Reader &single) const;

  std::vector<Cell> cells;
  std::vector<Knowledge> warps;
  std::vector<std::vector<Reader>> readers; ///< the lists of cells with many readers
  std::vector<uint32_t> freeReaders;        ///< lists whose cell was written again
};

} // namespace attn::ptx

#endif // ATTN_RUNTIME_PTX_RACES_H
