//===- Placement.h - where temporaries lie in a session's arena -*- C++ -*-===//
//
// Buffers with lifetimes share one arena: two of them overlap in memory only if they do not in time. Finding the
// smallest arena is NP-hard (dynamic storage allocation); placing the largest first, each at the lowest gap between
// those that live at the same time, is within a few percent on launch lists, whose lifetimes are short.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PLACEMENT_H
#define ATTN_RUNTIME_PLACEMENT_H

#include "runtime/Status.h"

#include <cstdint>
#include <vector>

namespace attn {

struct PlacedBuffer {
  uint64_t bytes = 0;
  int first = 0, last = 0; ///< the commands in which it lives, both included
  uint64_t offset = 0;     ///< set by `placeBuffers`, a multiple of 64
};

/// Places |buffers| and returns the arena's size.
Result<uint64_t> placeBuffers(std::vector<PlacedBuffer> &buffers);

} // namespace attn

#endif // ATTN_RUNTIME_PLACEMENT_H
