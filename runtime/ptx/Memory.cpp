//===- Memory.cpp - the global memory of an interpreted device -===//
//
// Ranges are kept by their begin and never overlap, so the range of an address is the last one that begins at or
// before it.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Memory.h"

#include <cinttypes>
#include <cstring>
#include <new>

namespace attn::ptx {

static constexpr uint64_t pageBytes = 4096;
static constexpr uint64_t allocationAlign = 256;

Status Memory::insert(Range range) {
  auto after = ranges.lower_bound(range.begin);
  bool overlaps = after != ranges.end() && after->second.begin < range.end;
  if (after != ranges.begin())
    overlaps |= std::prev(after)->second.end > range.begin;
  if (overlaps)
    return failure(Code::invalid_argument, "'%s' overlaps memory that is registered already; release that first",
                   range.name.c_str());
  uint64_t begin = range.begin;
  ranges.emplace(begin, std::move(range));
  return {};
}

Result<void *> Memory::allocate(size_t bytes, std::string name) {
  if (bytes > (size_t(1) << 46))
    return failure(Code::out_of_memory, "'%s' asks for %zu bytes", name.c_str(), bytes);
  Range range;
  size_t total = (bytes ? bytes : 1) + allocationAlign;
  range.owned.reset(new (std::nothrow) std::byte[total]);
  if (!range.owned)
    return failure(Code::out_of_memory, "no %zu bytes for '%s'", bytes, name.c_str());
  std::memset(range.owned.get(), 0, total);
  uint64_t address = reinterpret_cast<uintptr_t>(range.owned.get());
  range.begin = (address + allocationAlign - 1) / allocationAlign * allocationAlign;
  range.end = range.begin + bytes;
  range.name = std::move(name);
  void *begin = reinterpret_cast<void *>(range.begin);
  ATTN_RETURN_IF_ERROR(insert(std::move(range)));
  return begin;
}

Status Memory::registerHost(const void *begin, size_t bytes, std::string name, bool writable) {
  Range range;
  range.begin = reinterpret_cast<uintptr_t>(begin);
  range.end = range.begin + bytes;
  range.name = std::move(name);
  range.writable = writable;
  return insert(std::move(range));
}

Status Memory::release(const void *begin) {
  if (ranges.erase(reinterpret_cast<uintptr_t>(begin)) == 0)
    return failure(Code::invalid_argument, "no memory begins at %p; it was released or never allocated", begin);
  return {};
}

const Memory::Range *Memory::find(uint64_t address, uint64_t bytes) const {
  auto after = ranges.upper_bound(address);
  if (after == ranges.begin())
    return nullptr;
  const Range &range = std::prev(after)->second;
  return address + bytes <= range.end && address + bytes >= address ? &range : nullptr;
}

std::string Memory::describe(uint64_t address) const {
  char text[160];
  auto after = ranges.upper_bound(address);
  if (after == ranges.begin()) {
    std::snprintf(text, sizeof text, "address 0x%" PRIx64 " lies before all memory", address);
    return text;
  }
  const Range &range = std::prev(after)->second;
  std::snprintf(text, sizeof text, "byte %" PRIu64 " of '%.60s', which has %" PRIu64, address - range.begin,
                range.name.c_str(), range.end - range.begin);
  return text;
}

void Memory::beginJournal() {
  journal.clear();
  journaling = true;
}

void Memory::endJournal() {
  journal.clear();
  journaling = false;
}

void Memory::save(uint64_t address, uint64_t bytes) {
  for (uint64_t page = address / pageBytes; page <= (address + bytes - 1) / pageBytes; ++page) {
    auto [entry, isNew] = journal.try_emplace(page);
    if (!isNew)
      continue;
    // Only what is registered may be read: a page may hold the end of one range and the begin of the next.
    entry->second.resize(pageBytes);
    for (const auto &[begin, range] : ranges) {
      uint64_t first = std::max(range.begin, page * pageBytes), last = std::min(range.end, (page + 1) * pageBytes);
      if (first < last)
        std::memcpy(entry->second.data() + first % pageBytes, reinterpret_cast<void *>(first), last - first);
    }
  }
}

std::vector<Memory::Page> Memory::writtenPages() const {
  std::vector<Page> pages;
  for (const auto &[page, saved] : journal)
    for (const auto &[begin, range] : ranges) {
      uint64_t first = std::max(range.begin, page * pageBytes), last = std::min(range.end, (page + 1) * pageBytes);
      if (first >= last || !range.writable)
        continue;
      auto *bytes = reinterpret_cast<const std::byte *>(first);
      pages.push_back({first, std::vector<std::byte>(bytes, bytes + (last - first))});
    }
  return pages;
}

void Memory::undo() {
  for (const auto &[page, saved] : journal)
    for (const auto &[begin, range] : ranges) {
      uint64_t first = std::max(range.begin, page * pageBytes), last = std::min(range.end, (page + 1) * pageBytes);
      if (first < last && range.writable)
        std::memcpy(reinterpret_cast<void *>(first), saved.data() + first % pageBytes, last - first);
    }
}

} // namespace attn::ptx
