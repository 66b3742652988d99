//===- Memory.h - the global memory of an interpreted device -*- C++ -*-===//
//
// A set of ranges of the host's own memory: a device address is the host address, and an access is legal where it lies
// within one range. Ranges are allocated here or lent by the caller. While a journal is kept, the first write to a page
// saves what it held, so a launch can be undone and run again.
//
// Not for concurrent use: one launch at a time.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PTX_MEMORY_H
#define ATTN_RUNTIME_PTX_MEMORY_H

#include "runtime/Status.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace attn::ptx {

class Memory {
public:
  struct Range {
    uint64_t begin = 0, end = 0;
    std::string name;
    bool writable = true;
    std::unique_ptr<std::byte[]> owned; ///< what `allocate` made, else null
  };

  /// Zeroed memory, aligned to 256 bytes. `name` is for messages.
  Result<void *> allocate(size_t bytes, std::string name);
  /// Lends the caller's memory; it must outlive its registration.
  Status registerHost(const void *begin, size_t bytes, std::string name, bool writable);
  /// Ends an allocation or a registration that began at `begin`.
  Status release(const void *begin);

  /// The range that holds all of [address, address + bytes), or null.
  const Range *find(uint64_t address, uint64_t bytes) const;
  /// For messages: what lies at or before `address`.
  std::string describe(uint64_t address) const;

  /// From here on the first write to a page saves it.
  void beginJournal();
  void endJournal();
  /// To be called before every write; cheap when there is no journal.
  void willWrite(uint64_t address, uint64_t bytes) {
    if (journaling)
      save(address, bytes);
  }
  /// The pages written since `beginJournal`: address and saved or current content.
  struct Page {
    uint64_t address;
    std::vector<std::byte> content;
  };
  std::vector<Page> writtenPages() const;
  /// Puts back what the pages held before.
  void undo();

private:
  void save(uint64_t address, uint64_t bytes);
  Status insert(Range range);

  std::map<uint64_t, Range> ranges; ///< by their begin
  bool journaling = false;
  std::map<uint64_t, std::vector<std::byte>> journal;
};

} // namespace attn::ptx

#endif // ATTN_RUNTIME_PTX_MEMORY_H
