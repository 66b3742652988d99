//===- Machine.h - blocks, warps and paths -*- C++ -*-===//
//
// A `Block` owns everything its threads share; a `Warp` owns registers and the *paths* its threads are on. A path is a
// program counter and the lanes that are there. A warp executes the runnable path with the lowest program counter, and
// two paths that meet become one: code with a single exit below its branches reconverges without an analysis.
//
// An instruction that has to wait is executed again later, so waiting needs no queues: `Step::wait` leaves the program
// counter where it is. A block in which no warp takes a step and no asynchronous operation is left is dead-locked.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PTX_MACHINE_H
#define ATTN_RUNTIME_PTX_MACHINE_H

#include "runtime/Status.h"
#include "runtime/ptx/Interpreter.h"
#include "runtime/ptx/Ptx.h"
#include "runtime/ptx/Races.h"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace attn::ptx {

class Block;

enum class Step : uint8_t { next, jumped, wait };

struct Path {
  uint32_t pc = 0;
  uint32_t mask = 0;
  bool blocked = false;    ///< found nothing to do in this slice
  bool yields = false;     ///< sits out the next slice
  bool arrived = false;    ///< has been counted by the barrier at `pc`
  uint64_t generation = 0; ///< of that barrier, when counted
};

/// One thread's copy of 4 to 16 bytes by cp.async.
struct PendingCopy {
  uint64_t from;
  uint32_t to; ///< offset in shared memory
  uint8_t bytes, sourceBytes;
};

/// One issued wgmma, as one warp sees it.
struct PendingProduct {
  const Instruction *instruction;
  uint64_t descriptorA, descriptorB;
  bool accumulate;
};

class Warp {
public:
  Warp(Block &block, unsigned index, uint32_t lanes);

  template <typename T> T *lanes(const Operand &operand) {
    const std::byte *base = operand.constant ? constants : file;
    return const_cast<T *>(reinterpret_cast<const T *>(base + operand.slot));
  }
  uint32_t predicate(const Operand &operand) {
    uint32_t mask = *lanes<uint32_t>(operand);
    return operand.negated ? ~mask : mask;
  }
  void setPredicate(const Operand &operand, uint32_t mask) {
    uint32_t &old = *lanes<uint32_t>(operand);
    old = (old & ~active) | (mask & active);
  }
  const Operand &element(const Operand &vector, unsigned i) const { return kernel.vectors[vector.slot + i]; }
  /// The value of an address operand or of any lanes, widened.
  uint64_t value(const Operand &operand, unsigned lane) {
    uint64_t value = operand.width == 8 ? lanes<uint64_t>(operand)[lane] : lanes<uint32_t>(operand)[lane];
    return value + uint64_t(operand.offset);
  }
  void set(const Operand &operand, unsigned lane, uint64_t value) {
    if (operand.width == 8)
      lanes<uint64_t>(operand)[lane] = value;
    else
      lanes<uint32_t>(operand)[lane] = uint32_t(value);
  }
  unsigned firstLane() const { return unsigned(__builtin_ctz(active)); }
  uint32_t pc() const { return paths[current].pc; }

  Block &block;
  const Kernel &kernel;
  const unsigned index;
  const uint32_t present; ///< lanes that have a thread
  uint32_t alive;         ///< and have not left
  uint32_t active = 0;    ///< execute the current instruction
  std::vector<Path> paths;
  size_t current = 0;
  bool polled = false;            ///< asked in vain for an mbarrier in this slice
  uint64_t clusterGeneration = 0; ///< when it arrived at the cluster's barrier

  std::deque<std::vector<PendingCopy>> copyGroups; ///< committed and not waited for; only the late mode fills them
  std::vector<PendingCopy> openCopies;
  uint32_t copyGroupsPerformed = 0;
  uint32_t copyClock = 1;                ///< of the copies being issued, for the race detector
  std::vector<uint32_t> copyGroupClocks; ///< and of each committed group
  uint32_t bulkGroups = 0;               ///< committed

private:
  std::unique_ptr<std::byte[]> storage;
  std::byte *file;
  const std::byte *constants;
};

/// Calls `body(lane)` for the active lanes; the full warp is a plain loop that compilers vectorise.
template <typename Body> inline void forLanes(uint32_t active, Body body) {
  if (active == ~0u) {
    for (unsigned lane = 0; lane < warpSize; ++lane)
      body(lane);
    return;
  }
  for (; active; active &= active - 1)
    body(unsigned(__builtin_ctz(active)));
}

/// A bar.sync barrier.
struct Barrier {
  uint32_t arrived = 0;
  uint32_t expected = 0; ///< threads, or 0 for all that are left
  uint64_t generation = 0;
  uint32_t votes = 0; ///< of barRed: how many were true
  uint32_t lastVotes = 0, lastArrived = 0;
  Knowledge gathering, released;
};

struct Mbarrier {
  uint32_t expected = 0, pending = 0;
  int64_t bytes = 0;    ///< announced and not yet arrived
  uint64_t phase = 0;   ///< completed phases
  unsigned agent = 0;   ///< for copies that complete here
  uint32_t copies = 0;  ///< the clock of that agent
  bool awaited = false; ///< somebody asked for the current phase in vain
  Knowledge gathering, released;
};

/// A copy of the bulk engine, or the arrival that follows copies by cp.async.
struct PendingTransfer {
  const Instruction *instruction;
  unsigned warp;
  uint32_t mbarrier;  ///< address of the one it ends at, or 0 for a store
  uint32_t bulkGroup; ///< of a store
  uint64_t from;      ///< global address of a plain copy
  uint32_t to;        ///< offset in shared memory
  uint32_t bytes;
  int32_t coordinates[5];
  std::byte map[128];              ///< of a tensor copy
  std::vector<PendingCopy> copies; ///< that an arrival follows
};

/// What four warps share for wgmma. Each warp issues its part; a product is executed when all four have.
struct WarpGroup {
  struct InFlight {
    const Instruction *instruction;
    uint32_t group;
  };
  std::deque<PendingProduct> queue[4]; ///< issued and not executed
  uint32_t issued[4] = {}, executed = 0;
  std::vector<uint32_t> groupEnds[4]; ///< how many were issued when each group was committed
  std::vector<InFlight> inFlight[4];  ///< issued and not waited for
  std::vector<uint8_t> registers[4];  ///< per register, what holds for it: see WarpGroup.cpp
};

class Block {
public:
  Block(const Module &module, const Kernel &kernel, const Launch &launch, Memory &memory, Mode mode);

  /// Runs the block at these coordinates to its end.
  Status run(const uint32_t coordinates[3]);

  /// Reports on the instruction being executed; the first report is kept.
  [[gnu::format(printf, 4, 5)]] Step fault(const Warp &warp, int lane, const char *format, ...);
  bool failed() const { return !status.ok(); }

  /// The bytes of an access, or null after a fault: wrong alignment, out of bounds, not writable.
  std::byte *resolve(Warp &warp, unsigned lane, Space space, uint64_t address, uint32_t bytes, bool write);
  /// The same for shared memory, without looking for races. `byte` counts from the start of shared memory.
  std::byte *sharedBytes(Warp &warp, int lane, uint64_t address, uint32_t bytes, uint32_t align, uint32_t &byte);
  std::byte *globalBytes(Warp &warp, int lane, uint64_t address, uint32_t bytes, bool write);
  /// Looks for races of an access by `actor` for `warp`.
  bool checkShared(const Warp &warp, Epoch actor, bool asyncProxy, uint32_t byte, uint32_t bytes, bool write,
                   const Knowledge *knowledge = nullptr);
  Mbarrier *mbarrierAt(Warp &warp, int lane, uint64_t address);
  void completePhase(Mbarrier &mbarrier);
  uint32_t threadsLeft() const;

  const Module &module;
  const Kernel &kernel;
  const Launch &launch;
  Memory &memory;
  const Mode mode;
  uint32_t coordinates[3] = {};
  std::vector<Warp> warps;
  std::vector<std::byte> shared, local;
  Barrier barriers[16], clusterBarrier;
  std::map<uint32_t, Mbarrier> mbarriers; ///< by shared address
  std::deque<PendingTransfer> transfers;
  std::vector<WarpGroup> warpGroups;
  std::unique_ptr<RaceDetector> races; ///< null if not asked for
  uint64_t counts[familyCount] = {};
  uint64_t events = 0;   ///< changes that another warp may be waiting for
  bool explains = false; ///< a dead-lock is being reported: instructions that wait say what for
  std::string waiting;

private:
  Status start();
  bool slice(Warp &warp);
  Step execute(Warp &warp, const Instruction &instruction);
  bool choosePath(Warp &warp);
  bool performLate();
  void checkEnd();
  Status deadLock();
  void fillSpecials(Warp &warp);

  Status status;
  const Memory::Range *lastRange = nullptr;
};

// One place per instruction family.
Step executeInteger(Warp &, const Instruction &);    // Integer.cpp
Step executeFloating(Warp &, const Instruction &);   // Floating.cpp
Step executeDirected(Warp &, const Instruction &);   // DirectedRounding.cpp
Step executeConversion(Warp &, const Instruction &); // Conversion.cpp
Step executeControl(Warp &, const Instruction &);    // Control.cpp
Step executeWarp(Warp &, const Instruction &);       // Control.cpp
Step executeBarrier(Warp &, const Instruction &);    // Barrier.cpp
Step executeMemory(Warp &, const Instruction &);     // LoadStore.cpp
Step executeMatrix(Warp &, const Instruction &);     // Matrix.cpp
Step executeWarpGroup(Warp &, const Instruction &);  // WarpGroup.cpp
Step executeAsync(Warp &, const Instruction &);      // Async.cpp

/// True if all living lanes of `members` execute the current instruction together; else it has to wait.
bool converged(Warp &warp, uint32_t members);
/// Removes the active lanes from the current path to `target`.
Step branch(Warp &warp, uint32_t target);
/// Performs a transfer that was put off.
void performTransfer(Block &block, PendingTransfer &transfer);
/// Checks the registers of an instruction against the products in flight, and keeps track of what it writes.
bool checkProductRegisters(Warp &warp, const Instruction &instruction);

} // namespace attn::ptx

#endif // ATTN_RUNTIME_PTX_MACHINE_H
