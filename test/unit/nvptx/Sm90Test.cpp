//===- Sm90Test.cpp - rings and maps of the kernels of sm_90a, on the interpreted GPU ---===//

#include "test/unit/nvptx/Variants.h"

#include <gtest/gtest.h>

using namespace attn;

static void check(Attention attention) {
  attention.target = "sm_90a";
  checkAttention(attention);
}

/// More steps than the ring has places, so that places are used again, by an odd and an even number of times.
TEST(Sm90, RingsGoRound) {
  check(plain(10, 128 * 9));
  Attention wide = plain(10, 128 * 8 - 5);
  wide.width = 128;
  check(wide);
}
/// No key at all for one sequence, and for the other a step whose first key is its only one.
TEST(Sm90, NoStepAndOneKey) { check(cached(5, 140, {0, 1}, {7, 128})); }
/// Two tiles of rows, keys of the last step missing in one sequence's memory and merely not counted in the other's.
TEST(Sm90, MissingKeys) {
  Attention a = cached(130, 300, {130, 130}, {170, 11});
  a.width = 128;
  check(a);
}
/// Rows of memory further apart than they are wide.
TEST(Sm90, StridesOfAMap) {
  Attention a = causal(70);
  a.heads = 2, a.paddedWidth = 72;
  check(a);
}
