//===- VariantsTest.cpp - the same numbers from every architecture, on the interpreted GPU ---===//

#include "test/unit/nvptx/Variants.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace attn;

namespace {
class EveryArchitecture : public testing::TestWithParam<const char *> {
protected:
  void check(Attention attention) {
    attention.target = GetParam();
    checkAttention(attention);
  }
};
} // namespace

INSTANTIATE_TEST_SUITE_P(, EveryArchitecture, testing::Values("sm_80", "sm_90a"),
                         [](const auto &info) { return std::string(info.param); });

TEST_P(EveryArchitecture, CausalOneTile) { check(causal(64)); }
TEST_P(EveryArchitecture, CausalTails) {
  for (int64_t rows : {1, 17, 63, 65, 127, 129, 200})
    check(causal(rows));
}
TEST_P(EveryArchitecture, GroupedHeads) {
  Attention a = causal(75);
  a.batch = 2, a.heads = 9, a.keyHeads = 3;
  check(a);
}
TEST_P(EveryArchitecture, Width128) {
  Attention a = causal(150);
  a.width = 128;
  check(a);
}
TEST_P(EveryArchitecture, HalfPrecision) {
  Attention a = causal(100);
  a.type = "f16";
  check(a);
}
TEST_P(EveryArchitecture, ScoresFarApart) {
  Attention a = causal(150);
  a.magnitude = 60;
  check(a);
}
TEST_P(EveryArchitecture, RunTimeLengths) { check(cached(70, 260, {70, 3, 0, 33}, {190, 0, 5, 64})); }
TEST_P(EveryArchitecture, OneRowOnACache) {
  Attention a = cached(1, 200, {1, 1}, {150, 63});
  a.heads = 8, a.keyHeads = 2;
  check(a);
}

TEST_P(EveryArchitecture, SlidingWindow) {
  for (int32_t window : {1, 50, 128}) {
    Attention a = causal(200);
    a.arguments = ", %window: i32 {nn.name = \"window\"}";
    a.scores = "  %s = attn.sliding_window %s0 window %window\n";
    a.scalars = {{"window", window}};
    a.admits = [window](int64_t i, int64_t j) { return i - window < j && j <= i; };
    check(a);
  }
}
TEST_P(EveryArchitecture, Softcap) {
  Attention a = causal(130);
  a.magnitude = 20;
  a.scores = "  %cap = arith.constant 5.0 : f32\n  %s1 = attn.softcap %s0 at %cap\n  %s = attn.causal %s1\n";
  a.score = [](double s, int64_t, int64_t, int64_t) { return 5 * std::tanh(s / 5); };
  check(a);
}
TEST_P(EveryArchitecture, Alibi) {
  Attention a = causal(130);
  a.heads = 8, a.keyHeads = 4;
  a.scores = "  %s1 = attn.alibi %s0\n  %s = attn.causal %s1\n";
  a.score = [](double s, int64_t h, int64_t i, int64_t j) { return s - std::exp2(-(h + 1.0)) * std::abs(i - j); };
  check(a);
}
TEST_P(EveryArchitecture, DotProduct) {
  check(plain(40, 100));
  check(plain(64, 128));
}
