//===- Variants.h - attentions that tests begin with -*- C++ -*-===//

#ifndef ATTN_TEST_UNIT_NVPTX_VARIANTS_H
#define ATTN_TEST_UNIT_NVPTX_VARIANTS_H

#include "test/unit/nvptx/Attention.h"

namespace attn {

inline Attention plain(int64_t rows, int64_t keys) {
  Attention a;
  a.rows = rows, a.keys = keys;
  return a;
}

inline Attention causal(int64_t rows) {
  Attention a = plain(rows, rows);
  a.scores = "  %s = attn.causal %s0\n";
  a.admits = [](int64_t i, int64_t j) { return j <= i; };
  return a;
}

/// Rows of each sequence stand at `start` on the key axis, as in a cache.
inline Attention cached(int64_t rows, int64_t keys, std::vector<int32_t> lengths, std::vector<int32_t> start) {
  Attention a = causal(rows);
  a.keys = keys;
  a.batch = int64_t(lengths.size());
  a.lengths = std::move(lengths), a.start = std::move(start);
  a.arguments = ", %lengths: tensor<?xi32> {nn.dims = [\"B\"], nn.name = \"lengths\"}, %start: tensor<?xi32> {nn.dims "
                "= [\"B\"], nn.name = \"start\"}";
  a.sequences = "  %at = attn.padded queries(%lengths : tensor<?xi32>) start %start : tensor<?xi32>\n";
  return a;
}

} // namespace attn

#endif // ATTN_TEST_UNIT_NVPTX_VARIANTS_H
