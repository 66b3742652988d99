//===- PlacementTest.cpp - temporaries share memory, never at one time -*- C++ -*-===//

#include "runtime/Placement.h"

#include <gtest/gtest.h>
#include <random>

using namespace attn;

static void expectDisjoint(const std::vector<PlacedBuffer> &buffers, uint64_t arena) {
  for (const PlacedBuffer &a : buffers) {
    EXPECT_EQ(a.offset % 64, 0u);
    EXPECT_LE(a.offset + a.bytes, arena);
    for (const PlacedBuffer &b : buffers) {
      bool meet = &a != &b && a.first <= b.last && b.first <= a.last && a.bytes && b.bytes;
      if (meet)
        EXPECT_TRUE(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset);
    }
  }
}

TEST(Placement, reuses_memory_of_what_is_dead) {
  std::vector<PlacedBuffer> chain;
  for (int i = 0; i < 30; ++i)
    chain.push_back({1000, i, i + 1});
  Result<uint64_t> arena = placeBuffers(chain);
  ASSERT_TRUE(arena.ok());
  EXPECT_EQ(*arena, 2048u);
  expectDisjoint(chain, *arena);
}

TEST(Placement, keeps_what_lives_at_once_apart) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<PlacedBuffer> buffers;
    for (int i = 0; i < 20; ++i) {
      int first = static_cast<int>(random() % 20);
      buffers.push_back({random() % 5 ? random() % 1000 : 0, first, first + static_cast<int>(random() % 8)});
    }
    Result<uint64_t> arena = placeBuffers(buffers);
    ASSERT_TRUE(arena.ok());
    expectDisjoint(buffers, *arena);
  }
}

TEST(Placement, refuses_absurd_sizes) {
  std::vector<PlacedBuffer> buffers = {{UINT64_MAX, 0, 0}, {1, 0, 0}};
  EXPECT_FALSE(placeBuffers(buffers).ok());
}
