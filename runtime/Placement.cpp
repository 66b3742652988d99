//===- Placement.cpp - where temporaries lie in a session's arena -*- C++ -*-===//

#include "runtime/Placement.h"

#include <algorithm>

namespace attn {

static constexpr uint64_t alignment = 64;

/// The sum of all buffers must stay below this, so that no offset can wrap.
static constexpr uint64_t maxArena = uint64_t{1} << 46;

Result<uint64_t> placeBuffers(std::vector<PlacedBuffer> &buffers) {
  std::vector<PlacedBuffer *> order;
  uint64_t sum = 0;
  for (PlacedBuffer &buffer : buffers) {
    if (buffer.bytes > maxArena || (sum += buffer.bytes) > maxArena)
      return failure(Code::out_of_memory, "the temporaries of one call take more than %llu bytes; use shorter inputs",
                     static_cast<unsigned long long>(maxArena));
    order.push_back(&buffer);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const PlacedBuffer *a, const PlacedBuffer *b) { return a->bytes > b->bytes; });

  uint64_t arena = 0;
  std::vector<PlacedBuffer *> placed; // sorted by offset
  for (PlacedBuffer *buffer : order) {
    uint64_t offset = 0;
    for (const PlacedBuffer *other : placed) {
      bool meets = other->first <= buffer->last && buffer->first <= other->last;
      if (!meets)
        continue;
      if (offset + buffer->bytes <= other->offset)
        break;
      uint64_t end = (other->offset + other->bytes + alignment - 1) / alignment * alignment;
      offset = std::max(offset, end);
    }
    buffer->offset = offset;
    arena = std::max(arena, offset + buffer->bytes);
    auto at = std::upper_bound(placed.begin(), placed.end(), buffer,
                               [](const PlacedBuffer *a, const PlacedBuffer *b) { return a->offset < b->offset; });
    placed.insert(at, buffer);
  }
  return (arena + alignment - 1) / alignment * alignment;
}

} // namespace attn
