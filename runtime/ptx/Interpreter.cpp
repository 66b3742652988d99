//===- Interpreter.cpp - runs a PTX kernel on the CPU -===//
//
// Checks a launch, runs its blocks, compares the early with the late run.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Interpreter.h"

#include "runtime/ptx/Machine.h"

#include <cassert>
#include <cstring>

namespace attn::ptx {

uint64_t Statistics::total() const {
  uint64_t sum = 0;
  for (uint64_t count : warpInstructions)
    sum += count;
  return sum;
}

/// What sm_90 gives a block at most, in bytes.
static constexpr uint32_t maxSharedBytes = 227 * 1024;

static Status checkLaunch(const Kernel &kernel, const Launch &launch) {
  const char *name = kernel.name.c_str();
  if (launch.grid[0] == 0 || launch.grid[1] == 0 || launch.grid[2] == 0)
    return failure(Code::invalid_argument, "%s: a grid of %u,%u,%u blocks has none", name, launch.grid[0],
                   launch.grid[1], launch.grid[2]);
  uint64_t threads = uint64_t(launch.block[0]) * launch.block[1] * launch.block[2];
  if (threads == 0 || threads > maxWarps * warpSize)
    return failure(Code::invalid_argument, "%s: a block of %llu threads; 1 to 1024 are possible", name,
                   static_cast<unsigned long long>(threads));
  if (kernel.maxThreads && threads > kernel.maxThreads)
    return failure(Code::invalid_argument, "%s: launched with %llu threads a block, but compiled for at most %u", name,
                   static_cast<unsigned long long>(threads), kernel.maxThreads);
  if (kernel.requiredThreads[0] && std::memcmp(kernel.requiredThreads, launch.block, sizeof launch.block) != 0)
    return failure(Code::invalid_argument, "%s: launched with a block of %u,%u,%u, but compiled for %u,%u,%u", name,
                   launch.block[0], launch.block[1], launch.block[2], kernel.requiredThreads[0],
                   kernel.requiredThreads[1], kernel.requiredThreads[2]);
  if (launch.cluster != 1)
    return failure(Code::unsupported, "%s: clusters of %u blocks; only 1 is carried", name, launch.cluster);
  uint64_t shared = uint64_t(kernel.staticSharedBytes) + launch.dynamicSharedBytes;
  if (shared > maxSharedBytes)
    return failure(Code::out_of_range, "%s: %llu bytes of shared memory; a block has %u", name,
                   static_cast<unsigned long long>(shared), maxSharedBytes);
  if (launch.params.size() != kernel.parameterBytes)
    return failure(Code::invalid_argument, "%s: %zu bytes of parameters, but the kernel takes %u", name,
                   launch.params.size(), kernel.parameterBytes);
  return {};
}

namespace {

/// The module's variables are global memory while a launch lasts, or longer if they are lent already.
class LentVariables {
public:
  LentVariables(const Module &module, Memory &memory) : memory(memory) {
    const std::vector<std::byte> &variables = *module.variables;
    if (variables.empty() || memory.find(reinterpret_cast<uintptr_t>(variables.data()), variables.size()))
      return;
    begin = variables.data();
    Status status = memory.registerHost(begin, variables.size(), "variables of " + module.name, true);
    assert(status.ok() && "a module's variables overlap nothing");
    (void)status;
  }
  ~LentVariables() {
    if (begin)
      (void)memory.release(begin);
  }

private:
  Memory &memory;
  const std::byte *begin = nullptr;
};

} // namespace

Result<Statistics> run(const Module &module, const std::string &kernelName, const Launch &launch, Memory &memory,
                       Mode mode) {
  const Kernel *kernel = module.find(kernelName);
  if (!kernel)
    return failure(Code::not_found, "%s: no kernel '%s'", module.name.c_str(), kernelName.c_str());
  ATTN_RETURN_IF_ERROR(checkLaunch(*kernel, launch));
  LentVariables variables(module, memory);
  Statistics statistics;
  Status status;
  Block block(module, *kernel, launch, memory, mode);
  uint32_t at[3];
  for (at[2] = 0; at[2] < launch.grid[2] && status.ok(); ++at[2])
    for (at[1] = 0; at[1] < launch.grid[1] && status.ok(); ++at[1])
      for (at[0] = 0; at[0] < launch.grid[0] && status.ok(); ++at[0]) {
        status = block.run(at);
        ++statistics.blocks;
      }
  std::memcpy(statistics.warpInstructions, block.counts, sizeof block.counts);
  if (!status)
    return status;
  return statistics;
}

/// The first difference between what the two runs left behind. Memory holds what was there before both: a page that
/// only the late run wrote is compared with that.
static Status compare(const Module &module, const std::string &kernel, const Memory &memory,
                      const std::vector<Memory::Page> &early, const std::vector<Memory::Page> &late) {
  size_t i = 0;
  for (const Memory::Page &page : late) {
    while (i < early.size() && early[i].address < page.address)
      ++i;
    bool both = i < early.size() && early[i].address == page.address;
    const std::byte *other = both ? early[i].content.data() : reinterpret_cast<const std::byte *>(page.address);
    for (size_t byte = 0; byte < page.content.size(); ++byte)
      if (page.content[byte] != other[byte])
        return failure(Code::device,
                       "%s: %s writes %u early and %u late at %s; an asynchronous operation is not waited for, or "
                       "what it reads or writes is touched too soon",
                       module.name.c_str(), kernel.c_str(), unsigned(other[byte]), unsigned(page.content[byte]),
                       memory.describe(page.address + byte).c_str());
  }
  return {};
}

Result<Statistics> runBoth(const Module &module, const std::string &kernel, const Launch &launch, Memory &memory) {
  LentVariables variables(module, memory); // over both runs, so that the second begins with their old values
  memory.beginJournal();
  auto early = run(module, kernel, launch, memory, Mode::early);
  if (!early.ok()) {
    memory.endJournal();
    return early;
  }
  std::vector<Memory::Page> earlyPages = memory.writtenPages();
  memory.undo();
  Launch again = launch;
  again.checkShared = false;
  auto late = run(module, kernel, again, memory, Mode::late);
  // The journal has gone on since the early run, so these are all the pages that either run wrote.
  std::vector<Memory::Page> latePages = memory.writtenPages();
  memory.undo();
  Status status = late.ok() ? compare(module, kernel, memory, earlyPages, latePages) : late.status();
  for (const Memory::Page &page : latePages)
    std::memcpy(reinterpret_cast<void *>(page.address), page.content.data(), page.content.size());
  memory.endJournal();
  if (!status)
    return status.at("late");
  return early;
}

} // namespace attn::ptx
