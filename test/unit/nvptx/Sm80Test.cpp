//===- Sm80Test.cpp - what the kernels of sm_80 carry beyond other architectures, on the interpreted GPU ---===//

#include "test/unit/nvptx/Variants.h"

#include <gtest/gtest.h>

using namespace attn;

TEST(Sm80, Widths) {
  for (int64_t width : {16, 80, 96, 128}) {
    Attention a = causal(100);
    a.width = width;
    checkAttention(a);
  }
}
TEST(Sm80, RowsThatCannotBeCopiedInChunks) {
  Attention a = causal(70);
  a.heads = 2, a.paddedWidth = 67;
  checkAttention(a);
}
