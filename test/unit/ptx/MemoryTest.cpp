//===- MemoryTest.cpp - ranges and the journal -===//
//
// Global memory by itself: bounds, overlaps, and that a launch can be undone.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Memory.h"

#include <gtest/gtest.h>

#include <cstring>

namespace attn::ptx {
namespace {

TEST(Memory, allocations_are_zeroed_aligned_and_bounded) {
  Memory memory;
  auto block = memory.allocate(100, "block");
  ASSERT_TRUE(block.ok());
  auto address = reinterpret_cast<uintptr_t>(*block);
  EXPECT_EQ(address % 256, 0u);
  EXPECT_EQ(static_cast<char *>(*block)[99], 0);
  EXPECT_NE(memory.find(address, 100), nullptr);
  EXPECT_NE(memory.find(address + 96, 4), nullptr);
  EXPECT_EQ(memory.find(address + 97, 4), nullptr);
  EXPECT_EQ(memory.find(address - 1, 1), nullptr);
  EXPECT_EQ(memory.find(address, ~uint64_t(0)), nullptr);
  EXPECT_EQ(memory.describe(address + 100), "byte 100 of 'block', which has 100");
  EXPECT_TRUE(memory.release(*block).ok());
  EXPECT_EQ(memory.find(address, 1), nullptr);
  EXPECT_EQ(memory.release(*block).code(), Code::invalid_argument);
}

TEST(Memory, ranges_do_not_overlap) {
  Memory memory;
  char bytes[100] = {};
  EXPECT_TRUE(memory.registerHost(bytes + 20, 40, "a", true).ok());
  EXPECT_FALSE(memory.registerHost(bytes, 21, "b", true).ok());
  EXPECT_FALSE(memory.registerHost(bytes + 59, 10, "b", true).ok());
  EXPECT_FALSE(memory.registerHost(bytes + 30, 1, "b", true).ok());
  EXPECT_TRUE(memory.registerHost(bytes, 20, "b", true).ok());
  EXPECT_TRUE(memory.registerHost(bytes + 60, 40, "c", true).ok());
  EXPECT_EQ(memory.find(reinterpret_cast<uintptr_t>(bytes) + 15, 10), nullptr) << "an access across two ranges";
}

TEST(Memory, the_journal_undoes_writes) {
  Memory memory;
  auto block = memory.allocate(20000, "block");
  ASSERT_TRUE(block.ok());
  auto *bytes = static_cast<char *>(*block);
  std::memset(bytes, 1, 20000);
  memory.beginJournal();
  for (size_t at : {size_t(0), size_t(5000), size_t(19999)}) {
    memory.willWrite(reinterpret_cast<uintptr_t>(bytes) + at, 1);
    bytes[at] = 2;
  }
  uint64_t written = 0;
  for (const Memory::Page &page : memory.writtenPages())
    for (std::byte byte : page.content)
      written += byte == std::byte{2};
  EXPECT_EQ(written, 3u);
  memory.undo();
  for (int i = 0; i < 20000; ++i)
    ASSERT_EQ(bytes[i], 1) << i;
}

} // namespace
} // namespace attn::ptx
