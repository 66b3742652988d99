//===- TensorMap.h - what a TMA copy knows of its tensor -*- C++ -*-===//
//
// The interpreter's stand-in for the driver's opaque 128-byte tensor map: a kernel passes it on without looking inside.
// `encode` demands what cuTensorMapEncodeTiled demands, so a map that passes here can be made by a driver.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PTX_TENSORMAP_H
#define ATTN_RUNTIME_PTX_TENSORMAP_H

#include "runtime/Status.h"

#include <cstdint>

namespace attn::ptx {

struct TensorMap {
  static constexpr uint64_t signature = 0x70616d2d6e747461; // "attn-map"
  uint64_t magic = signature;
  uint64_t base = 0;
  uint32_t rank = 0;
  uint32_t elementBytes = 0;
  uint32_t swizzle = 0;   ///< 0, 32, 64 or 128 bytes
  uint32_t sizes[5] = {}; ///< elements, fastest dimension first
  uint32_t box[5] = {};   ///< elements
  uint32_t reserved = 0;
  uint64_t strides[4] = {}; ///< bytes, of dimensions 1 and up
  uint64_t unused[3] = {};
};
static_assert(sizeof(TensorMap) == 128, "a tensor map has 128 bytes");

/// A map of `rank` dimensions, the fastest first; elements outside of the tensor read as 0.
Result<TensorMap> encodeTensorMap(const void *base, uint32_t elementBytes, uint32_t rank, const uint32_t *sizes,
                                  const uint64_t *strideBytes, const uint32_t *box, uint32_t swizzleBytes);

/// Where a swizzle of 0, 32, 64 or 128 bytes puts the byte at `address`: 16-byte chunks trade places within a row by
/// the row's number modulo what fits.
inline uint32_t swizzled(uint32_t address, uint32_t swizzleBytes) {
  uint32_t chunks = swizzleBytes / 16;
  return chunks ? address ^ ((address >> 7 & (chunks - 1)) << 4) : address;
}

} // namespace attn::ptx

#endif // ATTN_RUNTIME_PTX_TENSORMAP_H
