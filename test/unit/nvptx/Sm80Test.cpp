//===- Sm80Test.cpp - numbers of the kernels of sm_80, on the interpreted GPU ---===//

#include "test/unit/nvptx/Attention.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace attn;

static Attention plain(int64_t rows, int64_t keys) {
  Attention a;
  a.rows = rows, a.keys = keys;
  return a;
}

static Attention causal(int64_t rows) {
  Attention a;
  a.rows = a.keys = rows;
  a.scores = "  %s = attn.causal %s0\n";
  a.admits = [](int64_t i, int64_t j) { return j <= i; };
  return a;
}

/// Rows of each sequence stand at `start` on the key axis, as in a cache.
static Attention cached(int64_t rows, int64_t keys, std::vector<int32_t> lengths, std::vector<int32_t> start) {
  Attention a = causal(rows);
  a.keys = keys;
  a.batch = int64_t(lengths.size());
  a.lengths = std::move(lengths), a.start = std::move(start);
  a.arguments = ", %lengths: tensor<?xi32> {nn.dims = [\"B\"], nn.name = \"lengths\"}, %start: tensor<?xi32> {nn.dims "
                "= [\"B\"], nn.name = \"start\"}";
  a.sequences = "  %at = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>\n";
  return a;
}

TEST(Sm80, CausalOneTile) { checkAttention(causal(64)); }
TEST(Sm80, CausalTails) {
  for (int64_t rows : {1, 17, 63, 65, 130, 200})
    checkAttention(causal(rows));
}
TEST(Sm80, GroupedHeads) {
  Attention a = causal(75);
  a.batch = 2, a.heads = 9, a.keyHeads = 3;
  checkAttention(a);
}
TEST(Sm80, Widths) {
  for (int64_t width : {16, 80, 96, 128}) {
    Attention a = causal(100);
    a.width = width;
    checkAttention(a);
  }
}
TEST(Sm80, HalfPrecision) {
  Attention a = causal(100);
  a.type = "f16";
  checkAttention(a);
}
TEST(Sm80, ScoresFarApart) {
  Attention a = causal(150);
  a.magnitude = 60;
  checkAttention(a);
}
TEST(Sm80, RowsThatCannotBeCopiedInChunks) {
  Attention a = causal(70);
  a.heads = 2, a.paddedWidth = 67;
  checkAttention(a);
}
TEST(Sm80, RunTimeLengths) { checkAttention(cached(70, 260, {70, 3, 0, 33}, {190, 0, 5, 64})); }
TEST(Sm80, OneRowOnACache) {
  Attention a = cached(1, 200, {1, 1}, {150, 63});
  a.heads = 8, a.keyHeads = 2;
  checkAttention(a);
}

TEST(Sm80, SlidingWindow) {
  for (int32_t window : {1, 50, 128}) {
    Attention a = causal(200);
    a.arguments = ", %window: i32 {nn.name = \"window\"}";
    a.scores = "  %s = attn.sliding_window %s0 window %window\n";
    a.scalars = {{"window", window}};
    a.admits = [window](int64_t i, int64_t j) { return i - window < j && j <= i; };
    checkAttention(a);
  }
}
TEST(Sm80, Softcap) {
  Attention a = causal(130);
  a.magnitude = 20;
  a.scores = "  %cap = arith.constant 5.0 : f32\n  %s1 = attn.softcap %s0 at %cap\n  %s = attn.causal %s1\n";
  a.score = [](double s, int64_t, int64_t, int64_t) { return 5 * std::tanh(s / 5); };
  checkAttention(a);
}
TEST(Sm80, Alibi) {
  Attention a = causal(130);
  a.heads = 8, a.keyHeads = 4;
  a.scores = "  %s1 = attn.alibi %s0\n  %s = attn.causal %s1\n";
  a.score = [](double s, int64_t h, int64_t i, int64_t j) { return s - std::exp2(-(h + 1.0)) * std::abs(i - j); };
  checkAttention(a);
}
TEST(Sm80, DotProduct) {
  checkAttention(plain(40, 100));
  checkAttention(plain(64, 128));
}
